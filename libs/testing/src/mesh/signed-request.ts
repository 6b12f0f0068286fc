import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SigningKey } from '@crossroads/contracts/authorization/v1/policy';
import type { ConsultRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import type { DateMessage } from '@crossroads/contracts/google/type/date';
import type { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { certificateHashOf, type TlsFiles } from '@crossroads/grpc';
import { dayOf, type IsoDay } from '@crossroads/identifiers';
import {
  issueRequestToken,
  onlyDisclosing,
  shownToSourceOf,
  type SignedQuestion,
  type SigningKeyPair,
} from '@crossroads/request-token';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const kid = 'officials';

/** The official key of all institutions of this test run. */
export const REQUEST_KEY: SigningKeyPair = {
  kid,
  privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

/** The same as it is registered. */
export const OFFICIAL_KEYS: readonly SigningKey[] = [{ kid, jwk: { ...publicKey.export({ format: 'jwk' }) } }];

/** A consultation that its customer has signed, for the connection with this certificate; `signed` is what it signs instead. */
export const signedRequest = (
  request: ConsultRequest,
  tls: TlsFiles,
  signed: Partial<SignedQuestion> = {},
  key = REQUEST_KEY,
  at = new Date(),
): ConsultRequest => {
  const certificate = new X509Certificate(readFileSync(tls.cert));
  const [, own = ''] = /^O=(.*)$/m.exec(certificate.subject) ?? [];
  const { requestId, customer, ssin, legalContext, dataServices, asOfDate } = request;
  const question = {
    requestId,
    customer: customer === '' ? own : customer,
    asker: { kind: 'official', id: 'a7f3', role: 'social-worker' } as const,
    ssin,
    legalContext,
    day: dayIn(asOfDate),
    dataServices,
    certificateHash: certificateHashOf(certificate),
    ...signed,
  };
  return { ...request, requestToken: issueRequestToken(question, key, Math.floor(at.getTime() / 1000)) };
};

/** What a source is shown of the token of a question. */
export const handedOnToken = (
  asked: Pick<SupplyRequest, 'customer' | 'ssin' | 'legalContext' | 'asOfDate' | 'dataService' | 'fieldGroups'>,
  signed: Partial<SignedQuestion> = {},
  key = REQUEST_KEY,
): string => {
  const { customer, ssin, legalContext, asOfDate, dataService, fieldGroups } = asked;
  const question = {
    requestId: randomUUID(),
    customer,
    asker: { kind: 'official', id: 'a7f3', role: 'social-worker' } as const,
    ssin,
    legalContext,
    day: dayIn(asOfDate),
    dataServices: [{ dataService, fieldGroups }],
    certificateHash: 'of the institution',
    ...signed,
  };
  return onlyDisclosing(issueRequestToken(question, key), shownToSourceOf(dataService));
};

const dayIn = (date: DateMessage | undefined): IsoDay =>
  date === undefined ? dayOf(new Date()) : ([String(date.year), pad(date.month), pad(date.day)].join('-') as IsoDay);

const pad = (number: number): string => String(number).padStart(2, '0');
