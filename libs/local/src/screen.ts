/** Prints one line for each step, with its duration. */
export class Screen {
  print(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** Prints the step when it starts, and its duration when it ends. */
  async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const began = Date.now();
    const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
    const live = process.stdout.isTTY;
    const timer = live ? setInterval(() => process.stdout.write(`\r  ${name} … ${seconds()} `), 200) : undefined;
    if (!live) this.print(`  ${name} …`);
    try {
      const result = await work();
      this.print(`${live ? '\r\x1b[K' : ''}  ${name} (${seconds()})`);
      return result;
    } catch (error) {
      this.print(`${live ? '\r\x1b[K' : ''}  ${name} failed after ${seconds()}`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
