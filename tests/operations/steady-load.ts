import { setTimeout as delay } from 'node:timers/promises';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import type { Question } from '@crossroads/client';
import { RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES } from '@crossroads/local';

export interface Consulting {
  consult(question: Question): Promise<ConsultResponse>;
}

/** The pause between two calls of one client, so that the load does not saturate the machine. */
const PAUSE_MS = 10;

/** A question of the welfare office. */
export const questionAbout = (ssin: string): Question => ({
  ssin,
  legalContext: PURPOSES['welfare-office'].legalContext,
  dataServices: [IDENTIFICATION],
});

/** Clients that consult until they are stopped, with the result of each call. */
export class SteadyLoad {
  readonly tickets: string[] = [];
  /** The errors, each with the milliseconds since the start of the load. */
  readonly failures: string[] = [];
  private readonly stopping = new AbortController();
  private readonly began = performance.now();
  private readonly running: Promise<unknown>;

  constructor(clients: readonly Consulting[], ssins: readonly string[], workersOfEach = 2) {
    const workers = clients.flatMap((client) => Array.from({ length: workersOfEach }, () => client));
    this.running = Promise.all(workers.map((client, first) => this.ask(client, ssins, first)));
  }

  get answered(): number {
    return this.tickets.length;
  }

  /** Waits until `count` more calls are answered. @throws after 90 s */
  async more(count: number): Promise<void> {
    const until = this.answered + count;
    for (const from = performance.now(); this.answered < until; await delay(20))
      if (performance.now() - from > 90_000)
        throw new Error(`${until - this.answered} not answered; failures: ${this.failures.slice(-3).join('; ')}`);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async ask(client: Consulting, ssins: readonly string[], first: number): Promise<void> {
    for (let n = first; !this.stopping.signal.aborted; n++) {
      try {
        const { ticket } = await client.consult(questionAbout(ssins[n % ssins.length] ?? ''));
        this.tickets.push(ticket);
      } catch (error) {
        this.failures.push(
          `${Math.round(performance.now() - this.began)} ms: ${String(error)} ${JSON.stringify(error instanceof RemoteError ? error.metadata : {})}`,
        );
      }
      await delay(PAUSE_MS);
    }
  }
}
