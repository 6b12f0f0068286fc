import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { type ConnectOptions, connect, RemoteError, type ServerIdentity, status } from '@crossroads/grpc';
import type { CompiledDataService } from '@crossroads/policy';
import type { SourceFailure, Sources } from '../consultation/ports.js';
import { type SourceConnection, sourceAsker } from './source-asker.js';

const USUAL_DEADLINE_MS = 2_000;
/** Whatever is registered: a caller waits for it. */
const MAX_DEADLINE_MS = 10_000;
/** Of one answer. */
const LARGEST_ANSWER = 1024 * 1024;

export interface SourceClientsOptions extends Pick<ConnectOptions, 'tls' | 'trustDomain'> {
  /** Told of each failed call, for the log: the data service and the gRPC code. */
  readonly onFailure: (dataService: string, code: string) => void;
}

/** One open connection for each source and address. */
export class SourceClients implements Sources {
  private readonly connections = new Map<string, SourceConnection>();
  /** By source, address and deadline. */
  private readonly askers = new Map<string, ReturnType<typeof sourceAsker>>();

  constructor(private readonly options: SourceClientsOptions) {}

  async supply(service: CompiledDataService, request: SupplyRequest): Promise<SupplyResponse | SourceFailure> {
    const { supplier } = service;
    if (!supplier) return 'SOURCE_UNAVAILABLE';
    const deadlineMs = Math.min(supplier.deadlineMs > 0 ? supplier.deadlineMs : USUAL_DEADLINE_MS, MAX_DEADLINE_MS);
    const asked = await this.askerOf(supplier.source, supplier.address, deadlineMs)(request);
    if ('response' in asked) return asked.response;
    const { error } = asked;
    this.options.onFailure(service.name, error instanceof RemoteError ? (status[error.code] ?? '') : 'UNREACHABLE');
    return failureOf(error);
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
    this.askers.clear();
  }

  private askerOf(source: string, address: string, deadlineMs: number): ReturnType<typeof sourceAsker> {
    const key = `${source} ${address} ${deadlineMs}`;
    const known = this.askers.get(key);
    if (known) return known;
    const asker = sourceAsker(this.connectionTo(source, address), deadlineMs);
    this.askers.set(key, asker);
    return asker;
  }

  private connectionTo(source: string, address: string): SourceConnection {
    const key = `${source} ${address}`;
    const known = this.connections.get(key);
    if (known) return known;
    const { tls, trustDomain } = this.options;
    const server = identityOf(source);
    const connection = connect(SourceServiceService, address, {
      tls,
      trustDomain,
      server,
      maxMessageBytes: LARGEST_ANSWER,
    });
    this.connections.set(key, connection);
    return connection;
  }
}

const SERVICE = 'service:';

/** `service:<name>` of the mesh, or the enterprise number of an institution, whichever application serves. */
const identityOf = (source: string): ServerIdentity =>
  source.startsWith(SERVICE)
    ? { kind: 'service', name: source.slice(SERVICE.length) }
    : { kind: 'institution', enterpriseNumber: source };

const failureOf = (error: unknown): SourceFailure => {
  if (!(error instanceof RemoteError)) return 'SOURCE_UNAVAILABLE';
  if (error.code === status.DEADLINE_EXCEEDED) return 'SOURCE_TIMEOUT';
  // Too large (when nobody else gave a reason), or no message of this kind: the source did answer.
  const isUnreadable = error.reason === '' && /larger than|parsing error|deserializ/i.test(error.message);
  return isUnreadable ? 'SOURCE_ANSWER_INVALID' : 'SOURCE_UNAVAILABLE';
};
