import { callContext, type Lane, InstitutionSettings, MeshSettings, NobodyWaits } from '@crossroads/configuration';
import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { connect, RemoteError, type ServerIdentity, type ServerKeys, status } from '@crossroads/grpc';
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
 * Asks authentic sources, which the policy names for each data service: one connection for each source and address. Only a server with a
 * key that is registered for an application of the source is believed.
 */
@Injectable()
export class SourceClient implements OnApplicationShutdown {
  private readonly connections = new Map<string, SourceConnection>();
  /** By source, address, deadline and lane. */
  private readonly batchers = new Map<string, SourceBatcher>();

  private readonly serverKeys: ServerKeys;

  constructor(
    private readonly mesh: MeshSettings,
    private readonly institutions: InstitutionSettings,
    policy: PolicyFollower,
  ) {
    this.serverKeys = policy.serverKeys((held, server) => held.isRegistered(server));
  }

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
    const result = await this.batcherOf(supplier.source, supplier.address, deadlineMs, lane).supply(request);
    if ('response' in result) return result.response;
    // The source has done nothing wrong.
    if (callContext()?.isCancelled) throw new NobodyWaits();
    const { error } = result;
    const code = error instanceof RemoteError ? (status[error.code] ?? '') : 'UNREACHABLE';
    processLog().warn('a source did not answer', { dataService: service.name, code });
    return failureOf(error);
  }

  onApplicationShutdown(): void {
    for (const connection of this.connections.values()) connection.close();
  }

  private batcherOf(source: string, address: string, deadlineMs: number, lane?: Lane): SourceBatcher {
    const key = `${source} ${address} ${deadlineMs} ${lane ?? ''}`;
    const known = this.batchers.get(key);
    if (known) return known;
    const batcher = new SourceBatcher(this.connectionTo(source, address), deadlineMs, lane);
    this.batchers.set(key, batcher);
    return batcher;
  }

  private connectionTo(source: string, address: string): SourceConnection {
    const key = `${source} ${address}`;
    const known = this.connections.get(key);
    if (known) return known;
    const server = identityOf(source);
    const connection = connect(SourceServiceService, address, {
      ...(server.kind === 'service' ? this.mesh.connection : this.institutions.connectionOf(this.mesh)),
      server,
      serverKeys: this.serverKeys,
      maxMessageBytes: MAX_ANSWER_BYTES,
    });
    this.connections.set(key, connection);
    return connection;
  }
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
