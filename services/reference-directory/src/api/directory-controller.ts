import type {
  BatchCheckRequest,
  BatchCheckResponse,
  CheckRequest,
  CheckResponse,
  DirectoryServiceService,
  InscribeFileRequest,
  InscribeFileResponse,
  InscribeRequest,
  InscribeResponse,
  ListInscriptionsRequest,
  ListInscriptionsResponse,
  PersonReference,
  UninscribeRequest,
  UninscribeResponse,
} from '@crossroads/contracts/directory/v1/directory_service';
import type { DateMessage } from '@crossroads/contracts/google/type/date';
import {
  type Call,
  type ValidationContext,
  type PageTokens,
  type Read,
  readDay,
  readEnterpriseNumber,
  readFields,
  readInscriptionContext,
  readList,
  readOptional,
  readPageSize,
  readRequestId,
  readSsin,
  requestKey,
  type Serves,
} from '@crossroads/grpc';
import type { Checker, PersonName } from '../application/checker.js';
import type { Inscriber } from '../application/inscriber.js';
import { type InscriptionList, readPlace } from '../application/inscription-list.js';
import { rejection } from '../application/number-reasons.js';
import { dayNumber } from '../domain/days.js';
import type { Acting } from './acting.js';
import { fileProgress } from './file-progress.js';
import { readDays, readPersonId, readUntil } from './input.js';
import { checkMessage, inscriptionMessage, type Wanted } from './messages.js';

const MAX_PERSONS = 5_000;
const MAX_INSTITUTIONS = 5_000;

export interface DirectoryControllerOptions {
  readonly inscriber: Inscriber;
  readonly checker: Checker;
  readonly list: InscriptionList;
  readonly acting: Acting;
  readonly pageTokens: PageTokens;
  readonly door: () => ValidationContext;
}

/** Proto in, proto out. The rules are in the domain and the use cases. */
export class DirectoryController implements Serves<typeof DirectoryServiceService> {
  constructor(private readonly options: DirectoryControllerOptions) {}

  async inscribe(request: InscribeRequest, call: Call): Promise<InscribeResponse> {
    const { inscriber, acting, door } = this.options;
    const { requestId, ...line } = readFields({
      requestId: readRequestId(request.requestId),
      ssin: readSsin('ssin', request.ssin, door()),
      context: readInscriptionContext('inscription_context', request.inscriptionContext),
      period: readDays('period', request.period),
    });
    const institution = acting.institutionOf(call.caller, request.institution);
    return inscriber.one('Inscribe', institution, line, requestKey(call, institution, requestId));
  }

  async uninscribe(request: UninscribeRequest, call: Call): Promise<UninscribeResponse> {
    const { inscriber, acting, door } = this.options;
    const at = door();
    const { requestId, ...line } = readFields({
      requestId: readRequestId(request.requestId),
      ssin: readSsin('ssin', request.ssin, at),
      context: readInscriptionContext('inscription_context', request.inscriptionContext),
      period: readUntil('end_date', request.endDate, at),
    });
    const institution = acting.institutionOf(call.caller, request.institution);
    return inscriber.one('Uninscribe', institution, line, requestKey(call, institution, requestId));
  }

  inscribeFile(requests: AsyncIterable<InscribeFileRequest>, call: Call): AsyncIterable<InscribeFileResponse> {
    return fileProgress(this.options, requests, call);
  }

  async listInscriptions(request: ListInscriptionsRequest, call: Call): Promise<ListInscriptionsResponse> {
    const { acting, list, pageTokens, door } = this.options;
    const { size, ssin } = readFields({
      size: readPageSize(request.pageSize),
      ssin: readOptional(request.ssin, (text) => readSsin('ssin', text, door())),
    });
    const institution = acting.institutionOf(call.caller, request.institution);
    const filters = { institution, ssin: ssin ?? '' };
    const after = pageTokens.decode(request.pageToken, filters, readPlace);
    const { listed, next } = ssin
      ? await this.listOf(institution, ssin, after?.given ?? 0, size)
      : await list.page(institution, after, size);
    return {
      inscriptions: listed.map((one) => inscriptionMessage(one.file, one.entry, one.ssin)),
      nextPageToken: next ? pageTokens.encode({ ...next }, filters) : '',
    };
  }

  async check(request: CheckRequest): Promise<CheckResponse> {
    const { name, ...asked } = readFields({
      name: this.readName('person', request.person),
      ...this.readAsked(request),
    });
    const { found, fileAt } = await this.options.checker.one(name);
    return checkMessage(found[0], this.wantedOf(asked), fileAt);
  }

  async batchCheck(request: BatchCheckRequest): Promise<BatchCheckResponse> {
    const { names, ...asked } = readFields({
      names: readList('persons', request.persons, { min: 0, max: MAX_PERSONS }, (field, person) =>
        this.readName(field, person),
      ),
      ...this.readAsked(request),
    });
    const { found, fileAt } = await this.options.checker.many(names);
    const wanted = this.wantedOf(asked);
    return { results: names.map((_, n) => checkMessage(found[n], wanted, fileAt)) };
  }

  private async listOf(institution: string, ssin: string, given: number, size: number) {
    const { found, fileAt } = await this.options.checker.one({ ssin });
    const [who] = found;
    if (!who) throw rejection('UNKNOWN_SSIN');
    const own = who.entries.filter(({ file }) => fileAt(file).institution === institution);
    const page = own.slice(given, given + size);
    const through = given + page.length;
    return {
      listed: page.map((entry) => ({ file: fileAt(entry.file), entry, ssin })),
      next: through < own.length ? { person: who.person, given: through } : undefined,
    };
  }

  private readAsked({
    institutions,
    date,
  }: {
    readonly institutions: readonly string[];
    readonly date: DateMessage | undefined;
  }) {
    return {
      institutions: readList('institutions', institutions, { min: 0, max: MAX_INSTITUTIONS }, readEnterpriseNumber),
      date: readOptional(date, (day) => readDay('date', day)),
    };
  }

  private wantedOf({
    institutions,
    date,
  }: {
    readonly institutions: readonly string[];
    readonly date: ValidationContext['today'] | undefined;
  }): Wanted {
    return { institutions: new Set(institutions), day: dayNumber(date ?? this.options.door().today) };
  }

  private readName(field: string, person: PersonReference | undefined): Read<PersonName> {
    if (person?.by?.$case === 'personId') return readPersonId(`${field}.person_id`, person.by.value);
    const read = readSsin(`${field}.ssin`, person?.by?.value ?? '', this.options.door());
    return read.ok ? { ok: true, value: { ssin: read.value } } : read;
  }
}
