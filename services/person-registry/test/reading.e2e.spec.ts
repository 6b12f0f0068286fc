import { newRequestId, RemoteError, status } from '@crossroads/grpc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { born, livesIn, named, nextNumber } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

/** The request of the former rpc: `string ssin = 1`. */
const getPerson = {
  path: '/crossroads.person.v1.PersonService/GetPerson' as const,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: (ssin: string): Buffer => Buffer.concat([Buffer.of(0x0a, ssin.length), Buffer.from(ssin)]),
  requestDeserialize: (bytes: Buffer): string => bytes.subarray(2).toString(),
  responseSerialize: (bytes: Buffer): Buffer => bytes,
  responseDeserialize: (bytes: Buffer): Buffer => bytes,
};

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start();
}, 90_000);
afterAll(() => registry.close(), 30_000);

describe('who reports persons', () => {
  it('reads none of them at the registry, where no reading is recorded', async () => {
    const ssin = nextNumber();
    const facts = [named('Vandersteen'), born('1985-07-30'), livesIn('Kastanjelaan')];
    await registry.as(NATIONAL_REGISTER).registerPerson({ requestId: newRequestId(), ssin, facts });
    const answer = await registry
      .connect({ getPerson }, NATIONAL_REGISTER)
      .getPerson(ssin)
      .then(
        (bytes) => bytes.toString('latin1'),
        (error: unknown) => (error instanceof RemoteError ? error.code : String(error)),
      );
    expect(answer).toBe(status.UNIMPLEMENTED);
  });
});
