import type { X509Certificate } from 'node:crypto';
import type { DateMessage } from '@crossroads/contracts/google/type/date';
import { certificateHashOf } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { type AskedService, issueRequestToken, type SigningKeyPair } from '@crossroads/request-token';
import type { Official } from './mesh-addresses.js';

/** What of a question is signed. */
interface Signable {
  readonly requestId: string;
  /** Empty: the institution of the certificate. */
  readonly customer: string;
  readonly ssin: string;
  readonly legalContext: string;
  readonly dataServices: readonly AskedService[];
  readonly day: IsoDay;
  readonly official: Official | undefined;
}

/** Nobody has signed a question, so that no exchange would take it. */
export class QuestionNotSigned extends Error {
  override readonly name = 'QuestionNotSigned';
}

/** Signs questions with an official key of the institution, each for the connection with this certificate. */
export class QuestionSigner {
  constructor(
    private readonly key: SigningKeyPair | undefined,
    private readonly usual: Official | undefined,
  ) {}

  /** @throws QuestionNotSigned without a key */
  sign({ official = this.usual, customer, ...question }: Signable, certificate: X509Certificate): string {
    const { key } = this;
    if (key === undefined)
      throw new QuestionNotSigned(
        'a consultation is signed: give the connection a requestKey (mesh.json: officials), or the question a requestToken',
      );
    return issueRequestToken(
      {
        ...question,
        customer: customer === '' ? nameIn(certificate, 'O') : customer,
        asker: official ? { kind: 'official', ...official } : { kind: 'application', name: nameIn(certificate, 'CN') },
        certificateHash: certificateHashOf(certificate),
      },
      key,
    );
  }
}

const nameIn = ({ subject }: X509Certificate, attribute: 'O' | 'CN'): string =>
  subject
    .split('\n')
    .find((line) => line.startsWith(`${attribute}=`))
    ?.slice(attribute.length + 1) ?? '';

/** A day as a protobuf message. */
export const dateOf = (day: IsoDay): DateMessage => {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return { year, month, day: date };
};
