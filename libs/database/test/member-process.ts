import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/** `lease-member.js` as a process of its own. */
export class MemberProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly answers: AsyncIterator<string>,
    private readonly lines: Interface,
  ) {}

  static async start(url: string, ttlMs: number): Promise<MemberProcess> {
    const program = new URL('lease-member.js', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, url, String(ttlMs)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const member = new MemberProcess(child, lines[Symbol.asyncIterator](), lines);
    await member.answers.next();
    return member;
  }

  /** Token by partition. */
  async held(): Promise<Map<number, number>> {
    this.ask();
    return this.answer();
  }

  ask(): void {
    this.child.stdin?.write('held\n');
  }

  async answer(): Promise<Map<number, number>> {
    const answer = await this.answers.next();
    return new Map(JSON.parse(String(answer.value)) as [number, number][]);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Gives its leases back, unless it is killed. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    if (signal) this.child.kill(signal);
    else this.child.stdin?.write('stop\n');
    await ended;
    this.lines.close();
  }
}
