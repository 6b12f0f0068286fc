import { generateKeyPairSync } from 'node:crypto';
import type { IsoDay } from '@crossroads/identifiers';
import { issueRequestToken } from './issue.js';
import { shownToSourceOf } from './request-claims.js';
import { RequestTokens } from './request-tokens.js';
import { onlyDisclosing } from './sd-jwt.js';

const TOKENS = 2_000;
const WARM_UP = 200;
const SERVICES = ['person.identification.v1', 'employment.wages.v1', 'social.status.v1'];

export interface RequestTokenFigures {
  readonly tokens: number;
  readonly bytes: number;
  readonly issueMs: number;
  readonly exchangeMs: number;
  readonly sourceMs: number;
}

/** CPU time of the whole process for a token of three data services, each different from the others, one after another. */
export const benchRequestToken = async (): Promise<RequestTokenFigures> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { kid: 'k1', privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  const keys = [{ kid: 'k1', jwk: { ...publicKey.export({ format: 'jwk' }) } }];
  const question = {
    customer: '0206731645',
    asker: { kind: 'official', id: 'a7f3', role: 'social-worker' } as const,
    ssin: '62691699717',
    legalContext: 'PCSA:SOCIAL_INQUIRY',
    day: '2026-05-01' as IsoDay,
    dataServices: SERVICES.map((dataService) => ({ dataService, fieldGroups: ['name', 'address'] })),
    certificateHash: 'x'.repeat(43),
  };
  const issue = (n: number) => issueRequestToken({ ...question, requestId: `request ${n}` }, key);
  const tokens = new RequestTokens({ toleranceS: 60 });
  const connection = { application: 'desk', certificateHash: question.certificateHash };
  const [dataService = ''] = SERVICES;
  const ofSource = { ...question, dataServices: [{ dataService, fieldGroups: ['name'] }] };
  const shown = shownToSourceOf(dataService);

  const issued = Array.from({ length: WARM_UP + TOKENS }, (_, n) => n).map(issue);
  const handedOn = issued.map((one) => onlyDisclosing(one, shown));
  return {
    tokens: TOKENS,
    bytes: issued[0]?.length ?? 0,
    issueMs: await cpuMsOf((n) => issue(n)),
    exchangeMs: await cpuMsOf((n) =>
      tokens.verify(issued[n] ?? '', question, keys, { ...connection, requestId: `request ${n}` }),
    ),
    sourceMs: await cpuMsOf((n) => tokens.verifyHandedOn(handedOn[n] ?? '', ofSource, keys)),
  };
};

const cpuMsOf = async (work: (n: number) => unknown): Promise<number> => {
  for (let n = 0; n < WARM_UP; n++) await work(n);
  const before = process.cpuUsage();
  for (let n = WARM_UP; n < WARM_UP + TOKENS; n++) await work(n);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / TOKENS;
};
