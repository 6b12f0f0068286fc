import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SourceServiceService,
  type SupplyManyResponse,
  type SupplyRequest,
  SupplyStatus,
} from '@crossroads/contracts/source/v1/source_service';
import { type Connection, connect, type RunningServer, startServer } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { CertificateAuthorities, identityFiles } from '@crossroads/local';
import { type SourceOptions, sourceService } from '@crossroads/source';
import { OFFICIAL_KEYS, receipted } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const trustDomain = 'crossroads.test';
const folder = mkdtempSync(join(tmpdir(), 'crossroads-together-'));
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const DATA_SERVICE = 'spec.v1';
const PARTY = '0206731645';

/** A question whose legal context says which one it is. */
const asked = (n: number): SupplyRequest =>
  receipted(
    {
      ssin: '62691699717',
      dataService: DATA_SERVICE,
      fieldGroups: ['all'],
      customer: '0206731645',
      legalContext: `SPEC:N${n}`,
    },
    PARTY,
    { keyId: 'spec', privateKey },
  );

describe('what a source supplies in one call', () => {
  let connection: Connection<typeof SourceServiceService>;
  let server: RunningServer;
  let supply: SourceOptions['supply'];

  beforeAll(async () => {
    const authority = await CertificateAuthorities.open(folder, trustDomain);
    const files = await identityFiles(folder, 'exchange', authority, (issuer) => issuer.issueService('exchange'));
    const tls = { ca: files.ca, cert: files.certificate, key: files.key };
    const service = sourceService({
      party: PARTY,
      dataServices: [DATA_SERVICE],
      receipts: {
        keys: new Map([['spec', { use: 'consultation', key: publicKey }]]),
        origin: 'crossroads.test/access',
      },
      receiptStore: 'none',
      institutionKeys: () => OFFICIAL_KEYS,
      validation: () => ({ mode: 'development', today: dayOf(new Date()) }),
      supply: (query, signal) => supply(query, signal),
    });
    const where = { host: '127.0.0.1', port: 0, tls, trustDomain, domain: 'spec.crossroads' };
    server = await startServer({ ...where, services: [service] });
    connection = connect(SourceServiceService, `127.0.0.1:${server.port}`, {
      tls,
      trustDomain,
      server: { kind: 'service', name: 'exchange' },
      // As the exchange has it.
      maxMessageBytes: 1024 * 1024,
    });
  });
  afterAll(async () => {
    connection.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const messages = (count: number): AsyncIterable<SupplyManyResponse> =>
    connection.supplyMany({ requests: Array.from({ length: count }, (_, n) => asked(n)) }, { deadlineMs: 10_000 });

  it('sends each answer when it is ready', async () => {
    const slow = Promise.withResolvers<void>();
    supply = async ({ legalContext: which }) => {
      if (which === 'SPEC:N1') await slow.promise;
      return which === 'SPEC:N0' ? undefined : { data: { which }, sourceRevision: 1n };
    };
    const answers: string[] = [];
    for await (const { index, response } of messages(4)) {
      answers.push(`${index} ${String(response?.data?.['which'])}`);
      if (answers.length === 3) slow.resolve();
    }
    expect(answers.slice(0, 3).toSorted()).toEqual(['0 undefined', '2 SPEC:N2', '3 SPEC:N3']);
    expect(answers[3]).toBe('1 SPEC:N1');
  });

  it('sends every answer once, whatever their sizes', async () => {
    const size = fc.oneof(fc.nat({ max: 1_000 }), fc.integer({ min: 1_000, max: 150_000 }));
    const text = fc.constantFrom('x', '€', '\u0001');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, size), { minLength: 1, maxLength: 30 }), async (texts) => {
        supply = async ({ legalContext: which }) => {
          const [unit = '', length = 0] = texts[Number(which.slice(6))] ?? [];
          return { data: { text: unit.repeat(length) }, sourceRevision: 1n };
        };
        const answered: [number, number][] = [];
        for await (const { index, response } of messages(texts.length)) {
          expect(response?.status).toBe(SupplyStatus.SUPPLY_STATUS_DATA_FOUND);
          answered.push([index, String(response?.data?.['text']).length]);
        }
        expect(answered.toSorted(([a], [b]) => a - b)).toEqual(texts.map(([, length], n) => [n, length]));
      }),
      { numRuns: 25 },
    );
  });
});
