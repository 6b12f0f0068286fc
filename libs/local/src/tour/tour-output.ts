/** Prints the tour: numbered steps, what was checked in each, and the command that repeats it. */
export class TourOutput {
  private steps = 0;
  private checks = 0;

  constructor(private readonly print: (line: string) => void) {}

  step(title: string): void {
    this.steps++;
    this.print('');
    this.print(`${this.steps}. ${title}`);
  }

  /** Prints what was checked. */
  verified(line: string): void {
    this.checks++;
    this.print(`   ✓ ${line}`);
  }

  note(line: string): void {
    this.print(`     ${line}`);
  }

  /** Arguments of `npm run crossroads`. */
  command(text: string): void {
    this.print(`     $ npm run crossroads -- ${text}`);
  }

  end(seconds: number): void {
    this.print('');
    this.print(`All ${this.checks} checks of the tour passed, in ${seconds.toFixed(1)} s.`);
  }

  failed(what: string): void {
    this.print(`   ✗ FAILED: ${what}`);
  }
}
