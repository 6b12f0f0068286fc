import {
  type BatchCheckRequest,
  type CheckRequest,
  type CheckResponse,
  DirectoryServiceService,
  type Followed,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type ServedService, serve } from '@crossroads/grpc';
import type { ServiceName } from '@crossroads/topology';

/** A stand-in for the reference directory: `Check` and `BatchCheck`, by SSIN and by person. */
export class DirectoryStandIn {
  /** Its answer for each SSIN; UNKNOWN for others. */
  readonly numbers = new Map<string, CheckResponse>();
  readonly asked: BatchCheckRequest[] = [];
  /** How far it says that it has followed the person registry. */
  followed: Followed[] = [];
  private readonly ssins = new Map<string, string>();

  /** @param caller the service under test, which may call it */
  serve(caller: ServiceName): ServedService {
    const { check, batchCheck } = DirectoryServiceService;
    return serve(
      { check, batchCheck },
      {
        check: async (request) => this.answer(request),
        batchCheck: async (request) => {
          this.asked.push(request);
          const { persons, institutions, date } = request;
          return {
            results: persons.map((person) => this.answer({ person, institutions, date })),
            followed: this.followed,
          };
        },
      },
      { allow: { check: [`service:${caller}`], batchCheck: [`service:${caller}`] } },
    );
  }

  /** A person whom these institutions have inscribed in a context. */
  put(
    { ssin, personId }: { readonly ssin: string; readonly personId: string },
    inscribed: readonly (readonly [institution: string, inscriptionContext: string])[] = [],
    more: Partial<CheckResponse> = {},
  ): void {
    const inscriptions = inscribed.map(([institution, inscriptionContext]) => ({
      institution,
      inscriptionContext,
      period: undefined,
      ssin: '',
    }));
    const state = NumberState.NUMBER_STATE_VALID;
    for (const id of [personId, ...(more.mergedPersonIds ?? [])]) this.ssins.set(id, ssin);
    this.numbers.set(ssin, { state, personId, inscriptions, mergedPersonIds: [], followed: [], ...more });
  }

  private answer({ person, institutions }: CheckRequest): CheckResponse {
    const { by } = person ?? {};
    const ssin = by?.$case === 'personId' ? this.ssins.get(by.value) : by?.value;
    const known =
      ssin === undefined
        ? [...this.numbers.values()].find(({ personId }) => by?.$case === 'personId' && personId === by.value)
        : this.numbers.get(ssin);
    if (!known)
      return {
        state: NumberState.NUMBER_STATE_UNKNOWN,
        personId: '',
        inscriptions: [],
        mergedPersonIds: [],
        followed: [],
      };
    const inscriptions = known.inscriptions.filter(
      ({ institution }) => institutions.length === 0 || institutions.includes(institution),
    );
    return { ...known, inscriptions };
  }
}
