/** What a person sees: one line a step, with its duration. */
export class Screen {
  say(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** Says the step when it begins, in a terminal, and its duration when it is done. */
  async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const began = Date.now();
    const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
    const live = process.stdout.isTTY;
    const timer = live ? setInterval(() => process.stdout.write(`\r  ${name} … ${seconds()} `), 200) : undefined;
    if (!live) this.say(`  ${name} …`);
    try {
      const result = await work();
      this.say(`${live ? '\r\x1b[K' : ''}  ${name} (${seconds()})`);
      return result;
    } catch (error) {
      this.say(`${live ? '\r\x1b[K' : ''}  ${name} failed after ${seconds()}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
