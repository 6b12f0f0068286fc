import { randomBytes } from 'node:crypto';
import {
  type AccessResult,
  Ask,
  Behind,
  ConsultationStatus,
  Outcome,
  type Release,
} from '@crossroads/contracts/access/v1/access_record';
import { type Salted, salted } from './commitment.js';

/** What is durable of a release before its party is asked. */
export interface BegunRelease {
  readonly party: string;
  /** To the second: it stands in the ask and in the receipt. */
  readonly time: Date;
  readonly ask: Salted;
  readonly behind: Salted;
}

/** In place of a party: what reaches no institution outside the operator, as a refusal. */
export const NO_PARTY = '0000000000';

const REFERENCE_BYTES = 16;

/** A release with salts and a reference of its own. */
export const beginRelease = (
  ask: Omit<Ask, 'askVersion' | 'reference' | 'time'>,
  behind: Omit<Behind, 'behindVersion'>,
  now: Date,
): BegunRelease => {
  const time = wholeSecond(now);
  const asked = { ...ask, askVersion: 1, reference: randomBytes(REFERENCE_BYTES), time };
  return {
    party: ask.party,
    time,
    ask: salted(Ask.encode(asked).finish()),
    behind: salted(Behind.encode({ ...behind, behindVersion: 1 }).finish()),
  };
};

/** What came of a release that gave no data: a look at one's own, a refusal, or one of which nobody knows how it ended. */
export const outcomeWithoutData = (result: AccessResult, time: Date, reason = ''): Salted =>
  outcomeOfRelease({
    result,
    status: ConsultationStatus.CONSULTATION_STATUS_UNSPECIFIED,
    sourceRevision: 0n,
    releasedFieldGroups: [],
    filtered: [],
    time,
    reason,
  });

export const outcomeOfRelease = (outcome: Omit<Outcome, 'outcomeVersion'>): Salted =>
  salted(Outcome.encode({ ...outcome, outcomeVersion: 1 }).finish());

const NOTHING = Buffer.alloc(0);

/** As it is stored and published. */
export const releaseMessage = ({
  ask,
  behind,
  outcome,
}: Partial<Pick<BegunRelease, 'ask' | 'behind'>> & { readonly outcome?: Salted }): Release => ({
  ask: bytesOf(ask),
  askSalt: saltOf(ask),
  behind: bytesOf(behind),
  behindSalt: saltOf(behind),
  outcome: bytesOf(outcome),
  outcomeSalt: saltOf(outcome),
});

/** One that was stored, or is shown to its party. @throws when it is none */
export const begunOf = ({ ask, askSalt, behind, behindSalt }: Release): BegunRelease => {
  const { party, time } = Ask.decode(ask);
  if (time === undefined) throw new TypeError('an ask without its time');
  return { party, time, ask: { bytes: ask, salt: askSalt }, behind: { bytes: behind, salt: behindSalt } };
};

/** The same release, for which another receipt is made: what was asked before got no answer. */
export const askedAgain = (release: BegunRelease, now: Date): BegunRelease => ({ ...release, time: wholeSecond(now) });

/** Outcomes come later, in the order of their releases. */
export const withOutcomes = (releases: readonly Release[], outcomes: readonly Release[]): Release[] =>
  releases.map((release, index) => {
    const { outcome = NOTHING, outcomeSalt = NOTHING } = outcomes[index] ?? {};
    return { ...release, outcome, outcomeSalt };
  });

const bytesOf = (one: Salted | undefined): Buffer => (one ? Buffer.from(one.bytes) : NOTHING);
const saltOf = (one: Salted | undefined): Buffer => (one ? Buffer.from(one.salt) : NOTHING);

const wholeSecond = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000);
