/** What a newcomer reads: numbered steps, what happened in a line or two each, and how to do it by hand. */
export class Narrator {
  private steps = 0;
  private verified = 0;

  constructor(private readonly say: (line: string) => void) {}

  step(title: string): void {
    this.steps++;
    this.say('');
    this.say(`${this.steps}. ${title}`);
  }

  /** Something that was checked. */
  did(line: string): void {
    this.verified++;
    this.say(`   ✓ ${line}`);
  }

  note(line: string): void {
    this.say(`     ${line}`);
  }

  /** The command that repeats it. */
  byHand(command: string): void {
    this.say(`     $ npm run crossroads -- ${command}`);
  }

  end(seconds: number): void {
    this.say('');
    this.say(`All ${this.verified} things that the tour says were checked, in ${seconds.toFixed(1)} s.`);
  }

  failed(what: string): void {
    this.say(`   ✗ NOT SO: ${what}`);
  }
}
