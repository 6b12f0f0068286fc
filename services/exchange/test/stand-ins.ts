import {
  type BatchCheckRequest,
  type BatchCheckResponse,
  type CheckResponse,
  DirectoryServiceService,
} from '@crossroads/contracts/directory/v1/directory_service';
import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { type RunningServer, serve, startServer, type TlsFiles } from '@crossroads/grpc';

const base = (tls: TlsFiles) => ({
  host: '127.0.0.1',
  port: 0,
  tls,
  trustDomain: 'crossroads.test',
  domain: 'spec.crossroads',
});

/** The directory's `BatchCheck`: what a spec says of each number, UNKNOWN otherwise. */
export class DirectoryStandIn {
  readonly numbers = new Map<string, CheckResponse>();
  readonly asked: BatchCheckRequest[] = [];
  private server: RunningServer | undefined;

  async start(tls: TlsFiles): Promise<string> {
    const { batchCheck } = DirectoryServiceService;
    const answer = async (request: BatchCheckRequest): Promise<BatchCheckResponse> => {
      this.asked.push(request);
      const results = request.persons.map(({ by }) => {
        const known = by?.$case === 'ssin' ? this.numbers.get(by.value) : undefined;
        if (!known) return { state: 2, personId: '', inscriptions: [], mergedPersonIds: [] };
        const inscriptions = known.inscriptions.filter(({ institution }) => request.institutions.includes(institution));
        return { ...known, inscriptions };
      });
      return { results };
    };
    const service = serve({ batchCheck }, { batchCheck: answer }, { allow: { batchCheck: ['service:exchange'] } });
    this.server = await startServer({ ...base(tls), services: [service] });
    return `127.0.0.1:${this.server.port}`;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }
}

export type Supply = (request: SupplyRequest, signal: AbortSignal) => Promise<SupplyResponse>;

/** An authentic source that answers as a spec says, one by one. */
export class SourceStandIn {
  readonly asked: SupplyRequest[] = [];
  private server: RunningServer | undefined;

  constructor(public supply: Supply) {}

  async start(tls: TlsFiles): Promise<string> {
    const answer: Supply = (request, signal) => {
      this.asked.push(request);
      return this.supply(request, signal);
    };
    const { supply } = SourceServiceService;
    const service = serve(
      { supply },
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
