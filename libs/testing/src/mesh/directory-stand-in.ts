import {
  type BatchCheckRequest,
  type CheckRequest,
  type CheckResponse,
  DirectoryServiceService,
  type Followed,
  type ListInscribedPersonsRequest,
  type ListInscribedPersonsResponse,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type ServedService, serve } from '@crossroads/grpc';
import type { ServiceName } from '@crossroads/topology';

/** A stand-in for the reference directory: `Check`, `BatchCheck` and `ListInscribedPersons`. */
export class DirectoryStandIn {
  /** Its answer for each SSIN; UNKNOWN for others. */
  readonly numbers = new Map<string, CheckResponse>();
  readonly asked: BatchCheckRequest[] = [];
  /** How far it says that it has followed the person registry. */
  followed: Followed[] = [];
  private readonly ssins = new Map<string, string>();

  /** @param caller the service under test, which may call it */
  serve(caller: ServiceName): ServedService {
    const { check, batchCheck, listInscribedPersons } = DirectoryServiceService;
    return serve(
      { check, batchCheck, listInscribedPersons },
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
        listInscribedPersons: async (request) => this.inscribed(request),
      },
      {
        allow: {
          check: [`service:${caller}`],
          batchCheck: [`service:${caller}`],
          listInscribedPersons: [`service:${caller}`],
        },
      },
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
    // Long ago, unless a spec says otherwise.
    const merges = (more.mergedPersonIds ?? []).map((id) => ({
      personId: id,
      mergeTime: new Date(0),
      contested: false,
    }));
    const known = { state, personId, inscriptions, mergedPersonIds: [], followed: [], ownPersonId: personId, merges };
    this.numbers.set(ssin, { ...known, ...more });
  }

  /** Without page tokens of its own: the place in the order in which persons were put. */
  private inscribed({
    institution,
    inscriptionContext,
    personIds,
    pageSize,
    pageToken,
  }: ListInscribedPersonsRequest): ListInscribedPersonsResponse {
    const isInscribed = ({ inscriptions }: CheckResponse) =>
      inscriptions.some((one) => one.institution === institution && one.inscriptionContext === inscriptionContext);
    const all = [...this.numbers].map(([ssin, one]) => ({ ...one, ssin }));
    if (personIds.length > 0) {
      const asked = all.filter(
        (one) => isInscribed(one) && [one.personId, ...one.mergedPersonIds].some((id) => personIds.includes(id)),
      );
      return { persons: asked, nextPageToken: '' };
    }
    const from = Number(pageToken);
    const page = all.slice(from, from + (pageSize || 100));
    const next = from + page.length;
    return {
      persons: page.filter(isInscribed).map((one) => ({ ...one, mergedPersonIds: [] })),
      nextPageToken: next < all.length ? String(next) : '',
    };
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
        ownPersonId: '',
        merges: [],
      };
    const inscriptions = known.inscriptions.filter(
      ({ institution }) => institutions.length === 0 || institutions.includes(institution),
    );
    // Whoever is asked for by id is asked for apart from merges.
    const asked = by?.$case === 'personId' ? { state: NumberState.NUMBER_STATE_VALID, ownPersonId: by.value } : {};
    return { ...known, inscriptions, ...asked };
  }
}
