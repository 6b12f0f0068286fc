import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  AuthorizationServiceService,
  type ConfirmPolicyResponse,
  type WatchRequest,
  type WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type RunningServer, serve, startServer, type TlsFiles } from '@crossroads/grpc';

const HEARTBEAT_MS = 100;

/** Any hash that differs by revision. */
const hashAt = (revision: bigint): Buffer => createHash('sha256').update(`policy ${revision}`).digest();

/** A stand-in for authorization that serves what followers need: `Watch` and `ConfirmPolicy`. */
export class PolicyFeed {
  private revision = 0n;
  private readonly entities: PolicyEntity[] = [];
  private readonly watchers = new Set<(message: WatchResponse) => void>();
  /** Administrators have accepted that the heads which watchers hold are lost. */
  acceptsLoss = false;
  /** Sends nothing more, like an authorization service that hangs. */
  silent = false;
  private server: RunningServer | undefined;

  /** @returns `host:port` */
  async start(tls: TlsFiles, trustDomain: string): Promise<string> {
    const { watch, confirmPolicy } = AuthorizationServiceService;
    const service = serve(
      { watch, confirmPolicy },
      {
        watch: ({ fromRevision, fromHash }, { signal }) => this.watch({ fromRevision, fromHash }, signal),
        confirmPolicy: (_request, { signal }) => this.confirm(signal),
      },
      { allow: { watch: ['any'], confirmPolicy: ['any'] }, endless: ['watch', 'confirmPolicy'] },
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
      this.tell({ ...this.message({ $case: 'change', value: { entity } }), previousHash: hashAt(this.revision - 1n) });
    }
    return this.revision;
  }

  /** Serves an older policy, as after a restore that authorization does not notice. */
  loseAfter(revision: bigint): void {
    this.revision = revision;
    this.entities.splice(Number(revision));
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private tell(message: WatchResponse): void {
    if (!this.silent) for (const watcher of this.watchers) watcher(message);
  }

  private message(message: WatchResponse['message']): WatchResponse {
    return { policyRevision: this.revision, policyHash: hashAt(this.revision), previousHash: Buffer.alloc(0), message };
  }

  private async confirm(signal: AbortSignal): Promise<ConfirmPolicyResponse> {
    if (this.silent) await once(signal, 'abort');
    return { policyRevision: this.revision, policyHash: hashAt(this.revision) };
  }

  private async *watch(
    { fromRevision, fromHash }: Pick<WatchRequest, 'fromRevision' | 'fromHash'>,
    signal: AbortSignal,
  ): AsyncGenerator<WatchResponse> {
    const queue: WatchResponse[] = [];
    let wake = () => {};
    const add = (message: WatchResponse) => {
      queue.push(message);
      wake();
    };
    signal.addEventListener('abort', () => wake());
    if (this.silent) await once(signal, 'abort');
    const lost = { policyRevision: fromRevision, policyHash: fromHash, heldBy: 'the watcher' };
    const snapshot = {
      first: true,
      last: true,
      entities: [...this.entities],
      lost: this.acceptsLoss ? lost : undefined,
    };
    add(this.message({ $case: 'snapshotPart', value: snapshot }));
    this.watchers.add(add);
    const heartbeat = () => this.tell(this.message({ $case: 'heartbeat', value: { time: new Date() } }));
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
