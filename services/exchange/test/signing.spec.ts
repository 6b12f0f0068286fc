import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { Unavailable } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { PolicyIndex } from '@crossroads/policy';
import { newReceiptKey, readReceiptKey } from '@crossroads/transparency';
import { describe, expect, it, jest } from '@jest/globals';
import { readConsultRequest } from '../src/consultation/consult-request.js';
import { Consultations, type ConsultationsOptions } from '../src/consultation/consultations.js';
import { receiptSigner } from '../src/consultation/receipt-signer.js';
import { DataSchemas } from '../src/sources/data-schemas.js';
import { consult, deliberation, institution, STATUS, ssin, statusService, WELFARE } from './world.js';

const entities: PolicyEntity['entity'][] = [
  { $case: 'institution', value: institution(WELFARE) },
  { $case: 'application', value: { enterpriseNumber: WELFARE, name: 'desk', spkiHashes: ['key'] } },
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
};
const caller = { kind: 'institution', enterpriseNumber: WELFARE, application: 'desk', spki: 'key' } as const;

/** A consultation of which the journal and the signature are in the hands of the spec. */
const consulting = (given: Pick<ConsultationsOptions, 'sign'> & { intend: () => Promise<undefined> }) => {
  const journal = {
    intend: jest.fn(given.intend),
    recordOf: jest.fn<ConsultationsOptions['journal']['recordOf']>(),
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
  const consultations = new Consultations({
    policies: { policy: () => policy },
    directory: { check: async () => person },
    journal,
    sources: { supply },
    schemas: new DataSchemas(),
    sign: given.sign,
    now: () => new Date(),
  });
  const request = consult(ssin(1), { dataServices: [{ dataService: STATUS, fieldGroups: [] }] });
  const asked = readConsultRequest(request, { mode: 'development', today: dayOf(new Date()) });
  const key = { institution: WELFARE, rpc: 'Consult', requestId: request.requestId, hash: Buffer.alloc(32) };
  const answer = consultations.consult({ caller, customer: WELFARE, official: undefined }, asked, key);
  return { answer, journal, supply };
};

describe('the receipt of a consultation', () => {
  const signer = receiptSigner(readReceiptKey(newReceiptKey().privatePem), 'crossroads.test/2026');
  const lost = async () => {
    throw new Error('no key');
  };
  const away = async () => {
    throw new Unavailable('JOURNAL_UNAVAILABLE', 'away');
  };

  it('is made while the journal is written, and shown to no source before it is', async () => {
    const written = Promise.withResolvers<undefined>();
    const made = Promise.withResolvers<void>();
    const sign: ConsultationsOptions['sign'] = async (asked) => {
      const receipt = await signer(asked);
      made.resolve();
      return receipt;
    };
    const { answer, supply } = consulting({ sign, intend: () => written.promise });
    await made.promise;
    await nextTurn();
    expect(supply).not.toHaveBeenCalled();
    written.resolve(undefined);
    expect((await answer).receipt).toMatchObject({ receiptVersion: 2, batchSize: 1 });
    expect(supply).toHaveBeenCalledTimes(1);
  });

  it('is asked of no source when it cannot be signed; the access is not left open', async () => {
    const { answer, journal, supply } = consulting({ sign: lost, intend: async () => undefined });
    await expect(answer).rejects.toThrow('no key');
    expect(journal.abandon).toHaveBeenCalledTimes(1);
    expect(supply).not.toHaveBeenCalled();
  });

  it('fails unheard when the journal fails, whichever is first', async () => {
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    try {
      const later = async () => {
        await signer({ record: { bytes: Buffer.of(0), salt: Buffer.alloc(32) }, time: new Date() });
        return lost();
      };
      for (const sign of [lost, later]) {
        const { answer, supply } = consulting({ sign, intend: away });
        await expect(answer).rejects.toThrow('away');
        expect(supply).not.toHaveBeenCalled();
      }
      await signer({ record: { bytes: Buffer.of(0), salt: Buffer.alloc(32) }, time: new Date() });
      await nextTurn();
      expect(unheard).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unheard);
    }
  });
});
