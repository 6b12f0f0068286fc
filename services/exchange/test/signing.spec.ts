import { randomUUID } from 'node:crypto';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { Clock } from '@crossroads/configuration';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { parseRequest, Unavailable } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { PolicyIndex } from '@crossroads/policy';
import { type BegunRelease, newReceiptKey, readReceiptKey, signReceipt } from '@crossroads/transparency';
import { ALL_RIGHTS } from '@crossroads/testing/mesh';
import { describe, expect, it, jest } from '@jest/globals';
import { consultRequest } from '../src/consultation/consult.pipe.js';
import { Consultations } from '../src/consultation/consultations.js';
import { DataSchemas } from '@crossroads/source/client';
import { consult, deliberation, institution, STATUS, ssin, statusService, WELFARE } from './world.js';

const entities: PolicyEntity['entity'][] = [
  { $case: 'institution', value: institution(WELFARE) },
  { $case: 'application', value: { ...ALL_RIGHTS, enterpriseNumber: WELFARE, name: 'desk', spkiHashes: ['key'] } },
  { $case: 'dataService', value: statusService('127.0.0.1:1') },
  { $case: 'deliberation', value: deliberation(WELFARE, [{ dataService: STATUS, fieldGroups: ['status'] }]) },
];
const policy = PolicyIndex.of(
  entities.map((entity) => ({ entity })),
  1n,
);
const person = {
  state: 1,
  personId: randomUUID(),
  inscriptions: [{ institution: WELFARE, inscriptionContext: 'PCSA:LIVING_WAGE', period: undefined, ssin: '' }],
  mergedPersonIds: [],
  followed: [],
  ownPersonId: '',
  merges: [],
};
const caller = {
  kind: 'institution',
  enterpriseNumber: WELFARE,
  application: 'desk',
  spki: 'key',
  certificateHash: 'certificate',
} as const;

const key = readReceiptKey(newReceiptKey('consultation').privatePem);
const sign = async (release: BegunRelease) => signReceipt(release, 'crossroads.test/2026', key);

/** A consultation with a journal and a signer of the spec. */
const consulting = (given: { readonly sign: typeof sign; readonly intend: () => Promise<undefined> }) => {
  const journal = {
    intend: jest.fn(given.intend),
    conclude: jest.fn(async () => undefined),
    abandon: jest.fn(),
    refuse: jest.fn(async () => undefined),
  };
  const supply = jest.fn(async () => ({
    status: SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND,
    ssin: ssin(1),
    data: undefined,
    sourceRevision: 0n,
  }));
  const consultations = new Consultations(
    { policy: () => policy },
    { check: async () => person },
    journal,
    { supply },
    new DataSchemas(),
    { sign: given.sign },
    new Clock(),
    { take: async () => true },
  );
  const request = consult(ssin(1), {
    dataServices: [{ dataService: STATUS, fieldGroups: [] }],
    requestToken: 'verified~',
  });
  const input = parseRequest(consultRequest({ mode: 'development', today: dayOf(new Date()) }), request);
  const requestKey = { institution: WELFARE, rpc: 'Consult', requestId: request.requestId, hash: Buffer.alloc(32) };
  const answer = consultations.consult(
    { caller, customer: WELFARE, official: { id: 'a7f3', role: '' } },
    input,
    requestKey,
  );
  return { answer, journal, supply };
};

describe('the receipt of a consultation', () => {
  it('is shown to a source only after the intent is durable', async () => {
    const durable = Promise.withResolvers<undefined>();
    const { answer, journal, supply } = consulting({ sign, intend: () => durable.promise });
    while (journal.intend.mock.calls.length === 0) await eventLoopTurn();
    await eventLoopTurn();
    expect(supply).not.toHaveBeenCalled();
    durable.resolve(undefined);
    expect((await answer).results).toMatchObject([{ receipt: { receiptVersion: 3, batchSize: 1 } }]);
    expect(supply).toHaveBeenCalledTimes(1);
  });

  it('abandons the access and asks no source when it cannot be signed', async () => {
    const noKey = async () => {
      throw new Error('no key');
    };
    const { answer, journal, supply } = consulting({ sign: noKey, intend: async () => undefined });
    await expect(answer).rejects.toThrow('no key');
    expect(journal.abandon).toHaveBeenCalledTimes(1);
    expect(supply).not.toHaveBeenCalled();
  });

  it('is not signed when the journal fails', async () => {
    const signing = jest.fn(sign);
    const intend = async () => {
      throw new Unavailable('JOURNAL_UNAVAILABLE', 'away');
    };
    const { answer, supply } = consulting({ sign: signing, intend });
    await expect(answer).rejects.toThrow('away');
    expect(signing).not.toHaveBeenCalled();
    expect(supply).not.toHaveBeenCalled();
  });
});
