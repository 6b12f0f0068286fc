import {
  type CheckRequest,
  type CheckResponse,
  DirectoryServiceService,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type RunningServer, serve, startServer, type TlsFiles } from '@crossroads/grpc';

type Known = Pick<CheckResponse, 'state' | 'personId' | 'mergedPersonIds'> & {
  /** Institution and inscription context. */
  inscriptions: (readonly [string, string])[];
};

/** Stands in for another process, the reference directory: `Check` and `BatchCheck`, by number and by person. */
export class DirectoryStandIn {
  readonly numbers = new Map<string, Known>();
  private server: RunningServer | undefined;

  async start(tls: TlsFiles, trustDomain: string): Promise<string> {
    const { check, batchCheck } = DirectoryServiceService;
    const service = serve(
      { check, batchCheck },
      {
        check: async (request) => this.answer(request),
        batchCheck: async ({ persons, institutions, date }) => ({
          results: persons.map((person) => this.answer({ person, institutions, date })),
        }),
      },
      { allow: { check: ['any'], batchCheck: ['any'] } },
    );
    const domain = 'reference-directory.crossroads';
    this.server = await startServer({ host: '127.0.0.1', port: 0, tls, trustDomain, domain, services: [service] });
    return `127.0.0.1:${this.server.port}`;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  private answer({ person, institutions }: CheckRequest): CheckResponse {
    const { by } = person ?? {};
    const known =
      by?.$case === 'ssin'
        ? this.numbers.get(by.value)
        : [...this.numbers.values()].find(
            ({ personId, mergedPersonIds }) => by && [personId, ...mergedPersonIds].includes(by.value),
          );
    if (!known) return { state: NumberState.NUMBER_STATE_UNKNOWN, personId: '', inscriptions: [], mergedPersonIds: [] };
    const inscriptions = known.inscriptions
      .filter(([institution]) => institutions.includes(institution))
      .map(([institution, inscriptionContext]) => ({ institution, inscriptionContext, period: undefined, ssin: '' }));
    return { ...known, inscriptions };
  }
}
