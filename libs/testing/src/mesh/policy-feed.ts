import {
  AuthorizationServiceService,
  type WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type RunningServer, serve, startServer, type TlsFiles } from '@crossroads/grpc';

const HEARTBEAT_MS = 100;

/** A stand-in for authorization that serves only `Watch`. */
export class PolicyFeed {
  private revision = 0n;
  private readonly entities: PolicyEntity[] = [];
  private readonly watchers = new Set<(message: WatchResponse) => void>();
  /** Sends nothing more, like an authorization service that hangs. */
  silent = false;
  private server: RunningServer | undefined;

  /** @returns `host:port` */
  async start(tls: TlsFiles, trustDomain: string): Promise<string> {
    const { watch } = AuthorizationServiceService;
    const service = serve(
      { watch },
      { watch: (_request, { signal }) => this.watch(signal) },
      { allow: { watch: ['any'] }, endless: ['watch'] },
    );
    const domain = 'authorization.crossroads';
    this.server = await startServer({ host: '127.0.0.1', port: 0, tls, trustDomain, domain, services: [service] });
    return `127.0.0.1:${this.server.port}`;
  }

  /** Publishes entities, each with its own revision. Returns the last revision. */
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
    signal.addEventListener('abort', () => wake());
    if (this.silent) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const snapshot = { first: true, last: true, entities: [...this.entities] };
    add({ policyRevision: this.revision, message: { $case: 'snapshotPart', value: snapshot } });
    this.watchers.add(add);
    const heartbeat = () =>
      this.tell({ policyRevision: this.revision, message: { $case: 'heartbeat', value: { time: new Date() } } });
    const beat = setInterval(heartbeat, HEARTBEAT_MS);
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
