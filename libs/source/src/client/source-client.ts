import { callContext, type Lane, InstitutionSettings, MeshSettings, NobodyWaits } from '@crossroads/configuration';
import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { connect, RemoteError, type ServerIdentity, status } from '@crossroads/grpc';
import { type CompiledDataService, PolicyFollower } from '@crossroads/policy';
import { processLog } from '@crossroads/telemetry';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { SourceBatcher, type SourceConnection } from './source-batcher.js';
import type { SourceFailure } from './source-failure.js';

const DEFAULT_DEADLINE_MS = 2_000;
/** Applies whatever deadline is registered: a caller waits for the answer. */
const MAX_DEADLINE_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Asks authentic sources, which the policy names for each data service: one connection for each of these, source and address. Only a server is
 * believed whose key is registered for an application of the source with the right to supply the data service.
 */
@Injectable()
export class SourceClient implements OnApplicationShutdown {
  private readonly connections = new Map<string, KnownConnection>();
  /** By data service, source, address, deadline and lane. */
  private readonly batchers = new Map<string, SourceBatcher>();

  constructor(
    private readonly mesh: MeshSettings,
    private readonly institutions: InstitutionSettings,
    private readonly policy: PolicyFollower,
  ) {}

  /**
   * @param lane a less urgent one than that of the call for which is asked
   * @throws NobodyWaits when the caller of the consultation has left meanwhile
   */
  async supply(
    service: CompiledDataService,
    request: SupplyRequest,
    lane?: Lane,
  ): Promise<SupplyResponse | SourceFailure> {
    const { supplier } = service;
    if (!supplier) return 'SOURCE_UNAVAILABLE';
    const deadlineMs = Math.min(supplier.deadlineMs > 0 ? supplier.deadlineMs : DEFAULT_DEADLINE_MS, MAX_DEADLINE_MS);
    const connection = this.connectionTo(service.name, supplier.source, supplier.address);
    const result = await this.batcherOf(connection, deadlineMs, lane).supply(request);
    if ('response' in result) return result.response;
    // The source has done nothing wrong.
    if (callContext()?.isCancelled) throw new NobodyWaits();
    const { error } = result;
    const code = error instanceof RemoteError ? (status[error.code] ?? '') : 'UNREACHABLE';
    processLog().warn('a source did not answer', { dataService: service.name, code });
    return failureOf(error);
  }

  onApplicationShutdown(): void {
    for (const { calls } of this.connections.values()) calls.close();
  }

  private batcherOf({ key: of, calls }: KnownConnection, deadlineMs: number, lane?: Lane): SourceBatcher {
    const key = `${of} ${deadlineMs} ${lane ?? ''}`;
    const known = this.batchers.get(key);
    if (known) return known;
    const batcher = new SourceBatcher(calls, deadlineMs, lane);
    this.batchers.set(key, batcher);
    return batcher;
  }

  /** One for each data service: a key that supplies one is not believed for another. */
  private connectionTo(dataService: string, source: string, address: string): KnownConnection {
    const key = `${dataService} ${source} ${address}`;
    const known = this.connections.get(key);
    if (known) return known;
    const server = identityOf(source);
    const calls = connect(SourceServiceService, address, {
      ...(server.kind === 'service' ? this.mesh.connection : this.institutions.connectionOf(this.mesh)),
      server,
      serverKeys: this.policy.serverKeys(
        (held, shown) => shown.kind === 'service' || held.rightsOf(shown).supplies(dataService),
      ),
      maxMessageBytes: MAX_ANSWER_BYTES,
    });
    const made = { key, calls };
    this.connections.set(key, made);
    return made;
  }
}

interface KnownConnection {
  readonly key: string;
  readonly calls: SourceConnection;
}

const SERVICE = 'service:';

/** `service:<name>` of the mesh, or an institution's enterprise number, whichever of its applications serves. */
const identityOf = (source: string): ServerIdentity =>
  source.startsWith(SERVICE)
    ? { kind: 'service', name: source.slice(SERVICE.length) }
    : { kind: 'institution', enterpriseNumber: source };

const failureOf = (error: unknown): SourceFailure => {
  if (!(error instanceof RemoteError)) return 'SOURCE_UNAVAILABLE';
  if (error.code === status.DEADLINE_EXCEEDED) return 'SOURCE_TIMEOUT';
  if (error.reason === 'ANSWER_TOO_LARGE') return 'SOURCE_ANSWER_INVALID';
  // The source answered when the message is too large or malformed; such errors come from this side, without a reason.
  const isUnreadable = error.reason === '' && /larger than|parsing error|deserializ/i.test(error.message);
  return isUnreadable ? 'SOURCE_ANSWER_INVALID' : 'SOURCE_UNAVAILABLE';
};
