import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SourceServiceService,
  type SupplyManyResponse,
  SupplyRequest,
  type SupplyResponse,
  SupplyStatus,
} from '@crossroads/contracts/source/v1/source_service';
import { connect, NotFound, RemoteError, type RunningServer, type Serves, serve, startServer } from '@crossroads/grpc';
import { CertificateAuthorities, identityFiles } from '@crossroads/local';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SourceBatcher, type SourceConnection, type SupplyResult } from '@crossroads/source/client';

const trustDomain = 'crossroads.test';
const DEADLINE_MS = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'crossroads-asker-'));

type Source = Serves<typeof SourceServiceService>;
type Many = Source['supplyMany'];

const answer = ({ ssin }: SupplyRequest): SupplyResponse => ({
  status: SupplyStatus.SUPPLY_STATUS_DATA_FOUND,
  ssin,
  data: { of: ssin },
  sourceRevision: 1n,
});
const said = (index: number, response: SupplyResponse | undefined): SupplyManyResponse => ({ index, response });
const question = (n: number, ask = ''): SupplyRequest =>
  SupplyRequest.fromPartial({ ssin: String(n), ask: Buffer.from(ask) });
const questions = (count: number) => Array.from({ length: count }, (_, n) => question(n));

/** The numbers that an answer came for, or the name of the code with which there was none. */
const outcome = (result: SupplyResult): string => {
  if ('response' in result) return result.response.ssin;
  return result.error instanceof RemoteError ? (status[result.error.code] ?? '') : String(result.error);
};

describe('a source batcher', () => {
  let tls: { ca: string; cert: string; key: string };
  let connection: SourceConnection;
  let server: RunningServer;
  /** What was asked, an array for what came in one `SupplyMany`. */
  let calls: (string | string[])[] = [];

  beforeAll(async () => {
    const authority = await CertificateAuthorities.open(folder, trustDomain);
    const files = await identityFiles(folder, 'exchange', authority, (issuer) => issuer.issueService('exchange'));
    tls = { ca: files.ca, cert: files.certificate, key: files.key };
  });
  afterEach(async () => {
    connection.close();
    await server.stop();
    calls = [];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** An asker of a source that answers so. */
  const source = async (supplyMany: Many | undefined, supply: Source['supply'] = async (one) => answer(one)) => {
    const handlers: Partial<Source> = {
      supply: async (request, call) => {
        calls.push(request.ssin);
        return supply(request, call);
      },
      ...(supplyMany && {
        supplyMany: (request, call) => {
          calls.push(request.requests.map(({ ssin }) => ssin));
          return supplyMany(request, call);
        },
      }),
    };
    const definition = Object.fromEntries(
      Object.entries(SourceServiceService).filter(([name]) => name in handlers),
    ) as typeof SourceServiceService;
    const caller = ['service:exchange'] as const;
    const allow = { supply: caller, supplyMany: caller };
    const service = serve(definition, handlers as Source, { allow });
    const where = { host: '127.0.0.1', port: 0, tls, trustDomain, domain: 'spec.crossroads' };
    server = await startServer({ ...where, services: [service] });
    connection = connect(SourceServiceService, `127.0.0.1:${server.port}`, {
      tls,
      trustDomain,
      server: { kind: 'service', name: 'exchange' },
    });
    const batcher = new SourceBatcher(connection, DEADLINE_MS);
    return (request: SupplyRequest) => batcher.supply(request);
  };
  const each: Many = async function* ({ requests }) {
    for (const [index, request] of requests.entries()) yield said(index, answer(request));
  };

  it('sends concurrent requests in one call, at most 32, and gives each its own answer', async () => {
    const ask = await source(each);
    const asked = await Promise.all(questions(40).map(ask));
    expect(asked.map(outcome)).toEqual(questions(40).map(({ ssin }) => ssin));
    expect(calls.map((one) => one.length)).toEqual([32, 8]);
  });

  it('uses `Supply` for a single request and for one with a large ask', async () => {
    const ask = await source(each);
    await ask(question(1));
    await Promise.all([ask(question(2)), ask(question(3, 'x'.repeat(20_000))), ask(question(4))]);
    expect(calls).toEqual(expect.arrayContaining(['1', '3', ['2', '4']]));
    expect(calls).toHaveLength(3);
  });

  it('does not let a request wait for the slow answer to another', async () => {
    const slow = Promise.withResolvers<void>();
    const ask = await source(async function* ({ requests: [first, second] }) {
      if (second) yield said(1, answer(second));
      await slow.promise;
      if (first) yield said(0, answer(first));
    });
    const [first, second] = [ask(question(1)), ask(question(2))];
    expect(outcome(await second)).toBe('2');
    slow.resolve();
    expect(outcome(await first)).toBe('1');
  });

  it.each<readonly [string, Many]>([
    [
      'failed',
      async function* ({ requests: [, , third] }) {
        if (third) yield said(2, answer(third));
        throw new NotFound('UNKNOWN_DATA_SERVICE', 'not here');
      },
    ],
    [
      'was left out, while others came twice, without a response or with an unknown index',
      async function* ({ requests: [, , third] }) {
        if (third) yield said(2, answer(third));
        yield said(2, answer(question(9)));
        yield said(1, undefined);
        yield said(7, answer(question(9)));
        yield said(-1, answer(question(9)));
      },
    ],
  ])('uses `Supply` for a request that %s', async (_, supplyMany) => {
    const ask = await source(supplyMany, async (request) => {
      if (request.ssin === '0') throw new NotFound('UNKNOWN_DATA_SERVICE', 'not here');
      return answer(request);
    });
    const asked = await Promise.all(questions(3).map(ask));
    expect(asked.map(outcome)).toEqual(['NOT_FOUND', '1', '2']);
    expect(calls).toEqual([['0', '1', '2'], '0', '1']);
  });

  it('uses `Supply` from then on when the source has no `SupplyMany`', async () => {
    const ask = await source(undefined);
    for (const _ of ['once', 'and again'])
      expect((await Promise.all(questions(3).map(ask))).map(outcome)).toEqual(['0', '1', '2']);
    expect(calls).toEqual(['0', '1', '2', '0', '1', '2']);
  });

  it('fails at the deadline, without a second attempt', async () => {
    const ask = await source(async function* ({ requests: [first] }, { signal }) {
      if (first) yield said(0, answer(first));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const asked = await Promise.all(questions(3).map(ask));
    expect(asked.map(outcome)).toEqual(['0', 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    expect(calls).toHaveLength(1);
  });

  it('fails each request when the source is unavailable', async () => {
    const ask = await source(each);
    await server.stop();
    const asked = await Promise.all(questions(3).map(ask));
    expect(new Set(asked.map(outcome))).toEqual(new Set(['UNAVAILABLE']));
  });
});
