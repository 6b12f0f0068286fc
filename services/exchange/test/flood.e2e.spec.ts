import { readFileSync } from 'node:fs';
import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import {
  type ConsultRequest,
  type ConsultResponse,
  ExchangeServiceService,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import type { TlsFiles } from '@crossroads/grpc';
import { TestMesh } from '@crossroads/testing/mesh';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consult, WELFARE, World } from './world.js';

/** Of each application; its burst is twice as much. */
const CALLS_PER_SECOND = 20;
const BURST = 2 * CALLS_PER_SECOND;

describe('the exchange', () => {
  let mesh: TestMesh;
  let world: World;
  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
  });
  afterAll(() => mesh.stop());

  /** Makes single calls, which are not repeated when a limit refuses them. Resolves to the answer, or to the code of the refusal. */
  const caller = (port: number, { ca, cert, key }: TlsFiles) => {
    const [roots, ownKey, chain] = [ca, key, cert].map((file) => readFileSync(file));
    const tls = credentials.createSsl(roots, ownKey, chain, { checkServerIdentity: () => undefined });
    const client = new Client(`127.0.0.1:${port}`, tls, { 'grpc.ssl_target_name_override': 'exchange' });
    mesh.defer(() => client.close());
    const { path, requestSerialize, responseDeserialize } = ExchangeServiceService.consult;
    return (request: ConsultRequest): Promise<ConsultResponse | status> =>
      new Promise((resolve) => {
        const deadline = new Date(Date.now() + 60_000);
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          new Metadata(),
          { deadline },
          (error, response) => resolve(error ? error.code : (response ?? status.UNKNOWN)),
        );
      });
  };

  it('answers an application for its whole budget while a withdrawn certificate of the same application floods', async () => {
    const exchange = await world.exchange({ env: { LIMIT_CALLS_PER_SECOND: String(CALLS_PER_SECOND) } });
    const attack = caller(exchange.institutionsPort, await mesh.applicationCertificate(WELFARE));
    const work = caller(exchange.institutionsPort, world.certificate(WELFARE));
    const codes = new Map<unknown, number>();
    let isOver = false;
    const flood = Array.from({ length: 50 }, async () => {
      while (!isOver) {
        const code = await attack(consult('not a number'));
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    });
    while ((codes.get(status.RESOURCE_EXHAUSTED) ?? 0) < 200) await attack(consult('not a number'));
    const answers = await Promise.all(
      Array.from({ length: BURST }, async () => work(world.signed(consult(world.person(WELFARE).ssin), WELFARE))),
    );
    isOver = true;
    await Promise.all(flood);
    const found = { results: [{ status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND }] };
    expect(answers).toMatchObject(Array.from({ length: BURST }, () => found));
    expect(new Set(codes.keys())).toEqual(new Set([status.PERMISSION_DENIED, status.RESOURCE_EXHAUSTED]));
    await exchange.stop();
  });
});
