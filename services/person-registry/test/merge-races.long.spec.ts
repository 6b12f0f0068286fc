import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImportPersonsRequest } from '@crossroads/contracts/person/v1/person_service';
import { openDatabase } from '@crossroads/database';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { named, nationality, nextNumber } from './persons.js';
import { all, NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

const PAIRS = 6;
const REPLACEMENTS = 10;

let registry: RunningRegistry;
let asRegister: ReturnType<RunningRegistry['as']>;

beforeAll(async () => {
  // In this process, whose clock can be turned.
  registry = await RunningRegistry.prepare();
  await registry.startInProcess();
  asRegister = registry.as(NATIONAL_REGISTER);
}, 90_000);
afterAll(() => registry.close(), 30_000);

/** A change that was acknowledged: a nationality that no other change reports of this number. */
interface Acknowledged {
  readonly ssin: string;
  readonly code: string;
}

const lastCodes = new Map<string, number>();
/** Of three digits. */
const nextCode = (ssin: string): string => {
  const code = (lastCodes.get(ssin) ?? 100) + 1;
  lastCodes.set(ssin, code);
  return String(code);
};
const acknowledged: Acknowledged[] = [];

/** What a rule refuses, what lost too many races, or was signed before another race turned the clock. Anything else fails the test. */
const refused = (error: unknown): void => {
  if (!(error instanceof RemoteError) || !REFUSALS.has(error.reason)) throw error;
};
const REFUSALS = new Set(['SSIN_REPLACED', 'CONCURRENT_UPDATE', 'TOKEN_EXPIRED']);

const change = async (ssin: string): Promise<void> => {
  const code = nextCode(ssin);
  const requestId = newRequestId();
  const facts = [nationality(code, '2001-01-01')];
  const answer = asRegister.changePerson({ requestId, ssin, facts, expectedSourceRevision: 0n });
  await answer.then(() => acknowledged.push({ ssin, code }), refused);
};

const importOne = async (ssin: string): Promise<void> => {
  const code = nextCode(ssin);
  const requests = async function* (): AsyncGenerator<ImportPersonsRequest> {
    yield { reference: '', ssin, facts: [nationality(code, '2001-01-01')] };
  };
  const reports = await all(asRegister.importPersons(requests())).catch(refused);
  if (reports?.at(-1)?.changed === 1n) acknowledged.push({ ssin, code });
};

/** Merges two persons and takes them apart again, while both are changed under both numbers. */
const race = async ([merged, surviving]: readonly [string, string]): Promise<void> => {
  let racing = true;
  const changing = [change, change, importOne].map(async (report, n) => {
    while (racing) {
      await report(n % 2 === 0 ? merged : surviving);
      await nextTurn();
    }
  });
  for (let n = 0; n < REPLACEMENTS; n++) {
    if (n % 2 === 0) await registry.merge(merged, surviving).catch(refused);
    else await registry.unreplace(merged).catch(apart);
  }
  racing = false;
  await Promise.all(changing);
  await registry.unreplace(merged).catch(apart);
};

/** The replacement before it may have lost too many races. */
const apart = (error: unknown): void => {
  if (!(error instanceof RemoteError) || error.reason !== 'NOT_REPLACED') refused(error);
};

interface StoredEvent {
  readonly stream_id: string;
  readonly type: string;
  readonly data: { readonly personId?: string };
  /** Drawn at the insert; orders what depends on each other. */
  readonly serial?: number;
  readonly position?: number;
}

/** All events, in an order in which each comes after those that it depends on. */
const storedEvents = async (): Promise<StoredEvent[]> => {
  const db = await openDatabase({ url: registry.database.url, poolSize: 1 });
  const rows = await db.query<{ event: StoredEvent }>('select to_jsonb(e) as event from es.events e');
  await db.close();
  const orderOf = ({ serial, position }: StoredEvent) => serial ?? position ?? 0;
  return rows.map(({ event }) => event).sort((a, b) => orderOf(a) - orderOf(b));
};

/** Follows the numbers, and finds the changes of persons whose number led to somebody else by then. */
const changesOfMergedPersons = (events: readonly StoredEvent[]): StoredEvent[] => {
  const ownerOf = new Map<string, string>();
  const numberOf = new Map<string, string>();
  const wrong: StoredEvent[] = [];
  for (const event of events) {
    const { stream_id: stream, type, data } = event;
    if (type.startsWith('Number') && data.personId !== undefined) ownerOf.set(stream, data.personId);
    if (type === 'NumberAssigned') numberOf.set(data.personId ?? '', stream);
    if (type === 'PersonChanged' && ownerOf.get(numberOf.get(stream) ?? '') !== stream) wrong.push(event);
  }
  return wrong;
};

describe('changes of persons that race with their merges', () => {
  it('are acknowledged on the person to whom the number led, and none is lost', async () => {
    const pairs = Array.from({ length: PAIRS }, () => [nextNumber(), nextNumber()] as const);
    for (const ssin of pairs.flat())
      await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Peeters')] });
    await Promise.all(pairs.map(race));

    const events = await storedEvents();
    const countOf = (type: string) => events.filter((event) => event.type === type).length;
    expect(countOf('NumberReplaced')).toBeGreaterThan(PAIRS);
    expect(countOf('NumberUnreplaced')).toBe(countOf('NumberReplaced'));
    expect(acknowledged.length).toBeGreaterThan(PAIRS * 3);
    expect(changesOfMergedPersons(events)).toEqual([]);
    expect(countOf('PersonChanged')).toBe(acknowledged.length);
    for (const ssin of pairs.flat()) {
      const { data } = await registry.supplied(ssin);
      const held = (data?.['nationalities'] ?? []) as readonly { readonly code: string }[];
      const codes = held.map(({ code }) => code);
      const reported = acknowledged.filter((one) => one.ssin === ssin).map(({ code }) => code);
      expect(codes.sort()).toEqual(reported.sort());
    }
  }, 60_000);
});
