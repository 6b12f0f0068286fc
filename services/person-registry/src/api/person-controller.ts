import type { Fact as FactMessage } from '@crossroads/contracts/person/v1/person';
import { SsinState } from '@crossroads/contracts/person/v1/person';
import type {
  CancelSsinRequest,
  ChangePersonRequest,
  GetPersonRequest,
  GetPersonResponse,
  ImportPersonsRequest,
  PersonServiceService,
  RegisterPersonRequest,
  ReplaceSsinRequest,
  UnreplaceSsinRequest,
} from '@crossroads/contracts/person/v1/person_service';
import {
  type Call,
  type ValidationContext,
  InvalidInput,
  type Read,
  readDay,
  readFields,
  readInstant,
  readList,
  readOptional,
  readRequestId,
  readSsin,
  requestKey,
  type Serves,
} from '@crossroads/grpc';
import { parseSsin, type Ssin } from '@crossroads/identifiers';
import type { Reporters } from '../access.js';
import type { Fact } from '../domain/facts.js';
import { groupsOf } from '../domain/person.js';
import type { Importer, ImportRecord } from '../importer.js';
import type { Reading } from '../reading.js';
import type { GivenSsin, Registry, Writing } from '../registry.js';
import { importPersons } from './import-persons.js';
import { readFact } from './read-fact.js';
import { factMessage } from './write-fact.js';

const MAX_FACTS = 200;

const states = {
  active: SsinState.SSIN_STATE_ACTIVE,
  replaced: SsinState.SSIN_STATE_REPLACED,
  canceled: SsinState.SSIN_STATE_CANCELED,
} as const;

/** Proto in, proto out, and whether the caller may. The rules are in the domain. */
export class PersonController implements Serves<typeof PersonServiceService> {
  constructor(
    private readonly registry: Registry,
    private readonly reading: Reading,
    private readonly importer: Importer,
    private readonly reporters: Reporters,
    private readonly door: () => ValidationContext,
  ) {}

  async registerPerson({ requestId, ssin: raw, facts: rawFacts }: RegisterPersonRequest, call: Call) {
    this.reporters.requireNumbers(call);
    const door = this.door();
    const { ssin, facts } = readFields({
      requestId: readRequestId(requestId),
      ssin: readSsin('ssin', raw, door),
      facts: readFacts(rawFacts, door, raw),
    });
    const reporter = this.reporters.requireNumbers(call, groupsOf(facts));
    const sourceRevision = await this.registry.register(given(ssin, door), facts, writing(call, reporter, requestId));
    return { sourceRevision };
  }

  async changePerson(request: ChangePersonRequest, call: Call) {
    this.reporters.reporter(call);
    const door = this.door();
    const { ssin, facts, expected } = readFields({
      requestId: readRequestId(request.requestId),
      ssin: readSsin('ssin', request.ssin, door),
      facts: readFacts(request.facts, door, request.ssin),
      expected: readRevision(request.expectedSourceRevision),
    });
    const reporter = this.reporters.requireGroups(call, groupsOf(facts));
    const sourceRevision = await this.registry.change(
      ssin,
      facts,
      writing(call, reporter, request.requestId),
      expected,
    );
    return { sourceRevision };
  }

  async replaceSsin({ requestId, ssin: raw, replacingSsin }: ReplaceSsinRequest, call: Call) {
    const reporter = this.reporters.requireNumbers(call);
    const door = this.door();
    const { ssin, replacing } = readFields({
      requestId: readRequestId(requestId),
      ssin: readSsin('ssin', raw, door),
      replacing: readSsin('replacing_ssin', replacingSsin, door),
    });
    const sourceRevision = await this.registry.replace(
      ssin,
      given(replacing, door),
      writing(call, reporter, requestId),
    );
    return { sourceRevision };
  }

  async unreplaceSsin({ requestId, ssin: raw }: UnreplaceSsinRequest, call: Call) {
    const reporter = this.reporters.requireNumbers(call);
    const { ssin } = readFields({ requestId: readRequestId(requestId), ssin: readSsin('ssin', raw, this.door()) });
    return { sourceRevision: await this.registry.unreplace(ssin, writing(call, reporter, requestId)) };
  }

  async cancelSsin({ requestId, ssin: raw }: CancelSsinRequest, call: Call) {
    const reporter = this.reporters.requireNumbers(call);
    const { ssin } = readFields({ requestId: readRequestId(requestId), ssin: readSsin('ssin', raw, this.door()) });
    return { sourceRevision: await this.registry.cancel(ssin, writing(call, reporter, requestId)) };
  }

  async getPerson({ ssin: raw, asOfDate, knownAtTime }: GetPersonRequest, call: Call): Promise<GetPersonResponse> {
    this.reporters.reporter(call);
    const door = this.door();
    const { ssin, day, knownAt } = readFields({
      ssin: readSsin('ssin', raw, door),
      day: readOptional(asOfDate, (date) => readDay('as_of_date', date)),
      knownAt: readOptional(knownAtTime, (instant) => readInstant('known_at_time', instant)),
    });
    const found = await this.reading.person(ssin, day ?? door.today, knownAt);
    return {
      person: {
        ssin: found.ssin,
        replacedSsins: found.replacedSsins,
        ssinState: states[found.status],
        facts: found.facts.map(factMessage),
        sourceRevision: found.sourceRevision,
      },
    };
  }

  importPersons(requests: AsyncIterable<ImportPersonsRequest>, call: Call) {
    const reporter = this.reporters.requireNumbers(call);
    return importPersons(requests, {
      read: (request) => this.readRecord(request, call),
      import: (records) => this.importer.import(records, reporter),
    });
  }

  private readRecord(request: ImportPersonsRequest, call: Call): ImportRecord {
    const door = this.door();
    const { ssin, facts } = readFields({
      ssin: readSsin('ssin', request.ssin, door),
      facts: readFacts(request.facts, door, request.ssin),
    });
    this.reporters.requireNumbers(call, groupsOf(facts));
    return { number: given(ssin, door), facts };
  }
}

const readFacts = (raw: readonly FactMessage[], door: ValidationContext, ssin: string): Read<Fact[]> =>
  readList('facts', raw, { max: MAX_FACTS }, (field, fact) => readFact(field, fact, door, ssin));

/** 0 is no expectation. */
const readRevision = (raw: bigint): Read<bigint | undefined> => {
  if (raw >= 0n) return { ok: true, value: raw === 0n ? undefined : raw };
  const description = 'a revision is 1 or more, or 0 for whichever';
  return { ok: false, violations: [{ field: 'expected_source_revision', reason: 'INVALID_REVISION', description }] };
};

const given = (ssin: Ssin, door: ValidationContext): GivenSsin => {
  const parsed = parseSsin(ssin, door);
  if (!parsed.ok) throw new InvalidInput({ field: 'ssin', reason: 'SSIN_MALFORMED', description: 'not an SSIN' });
  return { ssin, kind: parsed.kind };
};

const writing = (call: Call, reporter: string, requestId: string): Writing => ({
  request: requestKey(call, reporter, requestId),
  reporter,
});
