import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileLine, refusalOf, sendFile, WHOLE } from './requests.js';
import { testNumber } from './numbers.js';
import {
  type Directory,
  HEALTH_FUND,
  INTEGRATOR,
  RunningDirectory,
  UNREGISTERED,
  WELFARE_OFFICE,
} from './running-directory.js';

const SSIN = testNumber(1);
let directory: RunningDirectory;
const connections = new Map<string, Directory>();

beforeAll(async () => {
  directory = await RunningDirectory.start((registry) => registry.assign(SSIN));
  for (const name of CALLERS) connections.set(name, directory.as(name));
  await eventually(
    () => RPCS.check(as('exchange'), ''),
    (answer) => JSON.stringify(answer).includes('"state":1'),
  );
}, 90_000);
afterAll(async () => {
  for (const connection of connections.values()) connection.close();
  await directory.close();
}, 30_000);

const CALLERS = [
  WELFARE_OFFICE,
  HEALTH_FUND,
  INTEGRATOR,
  UNREGISTERED,
  'exchange',
  'subscription',
  'access-audit',
  'person-registry',
  'ebox',
];
const SERVICES_THAT_CHECK = ['exchange', 'subscription', 'access-audit', 'ebox'];
const as = (name: string): Directory => {
  const connection = connections.get(name);
  if (!connection) throw new Error(`nobody is called ${name}`);
  return connection;
};

const line = () => ({ requestId: newRequestId(), ssin: SSIN, inscriptionContext: '17/2' });
const person = { by: { $case: 'ssin' as const, value: SSIN } };
const RPCS = {
  inscribe: (by: Directory, institution: string) => by.inscribe({ ...line(), institution, period: WHOLE }),
  uninscribe: (by: Directory, institution: string) => by.uninscribe({ ...line(), institution, endDate: undefined }),
  inscribeFile: (by: Directory, institution: string) => sendFile(by, [[fileLine(SSIN)]], { institution }),
  listInscriptions: (by: Directory, institution: string) =>
    by.listInscriptions({ institution, ssin: '', pageSize: 0, pageToken: '' }),
  check: (by: Directory, _institution: string) => by.check({ person, institutions: [], date: undefined }),
  batchCheck: (by: Directory, _institution: string) =>
    by.batchCheck({ persons: [person], institutions: [], date: undefined }),
  listInscribedPersons: (by: Directory, institution: string) =>
    by.listInscribedPersons({
      institution: institution || WELFARE_OFFICE,
      inscriptionContext: '17/2',
      personIds: [],
      pageSize: 0,
      pageToken: '',
    }),
};

/** The rules, written a second time. */
const expected = (rpc: string, caller: string, institution: string): string => {
  if (caller === UNREGISTERED) return 'KEY_NOT_REGISTERED';
  const isService = !/^\d/.test(caller);
  if (rpc === 'check' || rpc === 'batchCheck')
    return SERVICES_THAT_CHECK.includes(caller) ? 'accepted' : 'CALLER_NOT_ALLOWED';
  if (rpc === 'listInscribedPersons') return caller === 'subscription' ? 'accepted' : 'CALLER_NOT_ALLOWED';
  if (isService) return 'CALLER_NOT_ALLOWED';
  if (institution === '' || institution === caller) return 'accepted';
  return caller === INTEGRATOR && institution === WELFARE_OFFICE ? 'accepted' : 'NOT_REPRESENTED';
};

describe.each(Object.entries(RPCS))('%s', (rpc, call) => {
  const cases = CALLERS.flatMap((caller) =>
    ['', WELFARE_OFFICE, HEALTH_FUND].map((institution) => [caller, institution] as const),
  );
  it.each(cases)(`${rpc} by %s for "%s" is answered as the rules say`, async (caller, institution) => {
    expect(await refusalOf(call(as(caller), institution))).toBe(expected(rpc, caller, institution));
  });
});
