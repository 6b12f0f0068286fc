import { setTimeout as delay } from 'node:timers/promises';
import type { ConsultRequest, ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES } from '@crossroads/local';

export interface Consulting {
  consult(request: ConsultRequest): Promise<ConsultResponse>;
}

/** Between two questions of one client, so that a machine with two cores is not all there is to see. */
const PAUSE_MS = 10;

export const questionAbout = (ssin: string): ConsultRequest => ({
  requestId: newRequestId(),
  customer: '',
  ssin,
  legalContext: PURPOSES['welfare-office'].legalContext,
  dataServices: [{ dataService: IDENTIFICATION, fieldGroups: [] }],
  asOfDate: undefined,
});

/** Several clients that ask without end, and what became of each question. */
export class SteadyLoad {
  readonly tickets: string[] = [];
  /** What failed, with the time since the load began in milliseconds. */
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

  /** Until so many more were answered. @throws when that takes more than a minute and a half */
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
    for (let turn = first; !this.stopping.signal.aborted; turn++) {
      try {
        const { ticket } = await client.consult(questionAbout(ssins[turn % ssins.length] ?? ''));
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
