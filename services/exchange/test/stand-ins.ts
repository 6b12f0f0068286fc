import {
  AuthorizationServiceService,
  type WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import {
  type CheckRequest,
  type CheckResponse,
  DirectoryServiceService,
} from '@crossroads/contracts/directory/v1/directory_service';
import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { type RunningServer, serve, startServer, type TlsFiles } from '@crossroads/grpc';

const HEARTBEAT_MS = 100;
const base = (tls: TlsFiles) => ({
  host: '127.0.0.1',
  port: 0,
  tls,
  trustDomain: 'crossroads.test',
  domain: 'spec.crossroads',
});

/** Authorization's `Watch`, and nothing else of it. */
export class PolicyFeed {
  private revision = 0n;
  private readonly entities: PolicyEntity[] = [];
  private readonly watchers = new Set<(message: WatchResponse) => void>();
  /** Stops to speak, as an authorization that hangs does. */
  silent = false;
  private server: RunningServer | undefined;

  async start(tls: TlsFiles): Promise<string> {
    const { watch } = AuthorizationServiceService;
    const service = serve(
      { watch },
      { watch: (_request, { signal }) => this.watch(signal) },
      { allow: { watch: ['any'] }, endless: ['watch'] },
    );
    this.server = await startServer({ ...base(tls), services: [service] });
    return `127.0.0.1:${this.server.port}`;
  }

  /** Puts an entity in force; gives the revision. */
  put(...entities: NonNullable<PolicyEntity['entity']>[]): bigint {
    for (const entity of entities) {
      this.revision++;
      this.entities.push({ entity });
      this.tell({ policyRevision: this.revision, message: { $case: 'change', value: { entity } } });
    }
    return this.revision;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private tell(message: WatchResponse): void {
    if (!this.silent) for (const watcher of this.watchers) watcher(message);
  }

  private async *watch(signal: AbortSignal): AsyncGenerator<WatchResponse> {
    const queue: WatchResponse[] = [];
    let wake = () => {};
    const add = (message: WatchResponse) => {
      queue.push(message);
      wake();
    };
    if (this.silent) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const snapshot = { first: true, last: true, entities: [...this.entities] };
    add({ policyRevision: this.revision, message: { $case: 'snapshotPart', value: snapshot } });
    this.watchers.add(add);
    const beat = setInterval(
      () =>
        this.silent ||
        add({ policyRevision: this.revision, message: { $case: 'heartbeat', value: { time: new Date() } } }),
      HEARTBEAT_MS,
    );
    signal.addEventListener('abort', () => wake());
    try {
      while (!signal.aborted) {
        for (let message = queue.shift(); message; message = queue.shift()) yield message;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (queue.length > 0 || signal.aborted) resolve();
        });
      }
    } finally {
      clearInterval(beat);
      this.watchers.delete(add);
    }
  }
}

/** The directory's `Check`: what a spec says of each number, UNKNOWN otherwise. */
export class DirectoryStandIn {
  readonly numbers = new Map<string, CheckResponse>();
  readonly asked: CheckRequest[] = [];
  private server: RunningServer | undefined;

  async start(tls: TlsFiles): Promise<string> {
    const { check } = DirectoryServiceService;
    const answer = async (request: CheckRequest): Promise<CheckResponse> => {
      this.asked.push(request);
      const { by } = request.person ?? {};
      const known = by?.$case === 'ssin' ? this.numbers.get(by.value) : undefined;
      if (!known) return { state: 2, personId: '', inscriptions: [], mergedPersonIds: [] };
      const inscriptions = known.inscriptions.filter(({ institution }) => request.institutions.includes(institution));
      return { ...known, inscriptions };
    };
    const service = serve({ check }, { check: answer }, { allow: { check: ['service:exchange'] } });
    this.server = await startServer({ ...base(tls), services: [service] });
    return `127.0.0.1:${this.server.port}`;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}

export type Supply = (request: SupplyRequest, signal: AbortSignal) => Promise<SupplyResponse>;

/** An authentic source that answers as a spec says. */
export class SourceStandIn {
  readonly asked: SupplyRequest[] = [];
  private server: RunningServer | undefined;

  constructor(public supply: Supply) {}

  async start(tls: TlsFiles): Promise<string> {
    const answer: Supply = (request, signal) => {
      this.asked.push(request);
      return this.supply(request, signal);
    };
    const service = serve(
      SourceServiceService,
      { supply: (request, call) => answer(request, call.signal) },
      { allow: { supply: ['service:exchange'] } },
    );
    this.server = await startServer({ ...base(tls), services: [service] });
    return `127.0.0.1:${this.server.port}`;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}
