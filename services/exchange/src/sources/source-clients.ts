import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { type Connection, type ConnectOptions, connect, RemoteError, type ServerIdentity } from '@crossroads/grpc';
import type { CompiledDataService } from '@crossroads/policy';
import { status } from '@grpc/grpc-js';
import type { SourceFailure, Sources } from '../consultation/ports.js';

const USUAL_DEADLINE_MS = 2_000;
/** Whatever is registered: a caller waits for it. */
const LONGEST_DEADLINE_MS = 10_000;
/** Of one answer. */
const LARGEST_ANSWER = 1024 * 1024;

export interface SourceClientsOptions extends Pick<ConnectOptions, 'tls' | 'trustDomain'> {
  /** Told of each failed call, for the log: the data service and the gRPC code. */
  readonly onFailure: (dataService: string, code: string) => void;
}

type SourceConnection = Connection<typeof SourceServiceService>;

/** One open connection for each source and address. */
export class SourceClients implements Sources {
  private readonly connections = new Map<string, SourceConnection>();

  constructor(private readonly options: SourceClientsOptions) {}

  async supply(service: CompiledDataService, request: SupplyRequest): Promise<SupplyResponse | SourceFailure> {
    const { supplier } = service;
    if (!supplier) return 'SOURCE_UNAVAILABLE';
    const deadlineMs = Math.min(supplier.deadlineMs > 0 ? supplier.deadlineMs : USUAL_DEADLINE_MS, LONGEST_DEADLINE_MS);
    try {
      return await this.connectionTo(supplier.source, supplier.address).supply(request, { deadlineMs });
    } catch (error) {
      const failure = failureOf(error);
      this.options.onFailure(service.name, error instanceof RemoteError ? (status[error.code] ?? '') : 'UNREACHABLE');
      return failure;
    }
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
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
