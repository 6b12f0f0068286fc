import {
  AccessKind,
  AccessResult,
  Ask,
  Behind,
  MailReader,
  Outcome,
  type Release,
} from '@crossroads/contracts/access/v1/access_record';

/** One step of an access as its journal published it: the exact bytes, with their salts. */
export interface AccessStep {
  /** Identifies the access: its stream, and its entry in a list. */
  readonly journalId: string;
  /** Empty when the number belongs to no person. */
  readonly personId: string;
  /** The revision of the step in the stream of its journal. */
  readonly revision: number;
  /** What became known with this step: asks with what is behind them, outcomes, or both. */
  readonly releases: readonly Release[];
}

/** One release of an access. */
export interface ReleaseEntry {
  readonly ask: Ask;
  readonly behind: Behind;
  /** Absent until it is concluded. */
  readonly outcome?: Outcome;
}

/** An access as far as its steps have arrived. */
export interface AccessEntry {
  readonly journalId: string;
  /** One at least. */
  readonly releases: readonly [ReleaseEntry, ...ReleaseEntry[]];
  /** What it came to, by the last step that says so; absent until it is concluded. */
  readonly outcome: Outcome | undefined;
  /** By the steps before that one, the oldest first. */
  readonly earlierOutcomes: readonly Outcome[];
  /** Its journal was restored to an older state, and has lost a step of it. */
  readonly lostAtSource: boolean;
}

/** What stands in a list where an access was erased: that it was, and when. */
export interface ErasedEntry {
  readonly journalId: string;
  readonly at: Date;
  readonly erased: true;
}

export type ListEntry = AccessEntry | ErasedEntry;

/** Whether a step says what was asked. */
export const hasAsks = ({ releases }: Pick<AccessStep, 'releases'>): boolean =>
  releases.some(({ ask }) => ask.length > 0);

/** `undefined` until the asks have arrived, or when they were erased. The last outcome counts: a delivery can be withheld later. */
export const entryOf = (steps: readonly AccessStep[], lostAtSource: boolean): AccessEntry | undefined => {
  const begun = steps.find(hasAsks);
  if (!begun) return undefined;
  const inOrder = steps.toSorted((one, other) => one.revision - other.revision);
  const [first, ...others] = begun.releases.map(({ ask, behind }, index): ReleaseEntry => {
    const outcome = inOrder.findLast(({ releases }) => hasOutcome(releases[index]))?.releases[index]?.outcome;
    return {
      ask: Ask.decode(ask),
      behind: Behind.decode(behind),
      ...(outcome ? { outcome: Outcome.decode(outcome) } : {}),
    };
  });
  const decided = inOrder.flatMap(({ releases }) => decidingOutcome(releases.filter(hasOutcome).map(outcomeIn)) ?? []);
  return (
    first && {
      journalId: begun.journalId,
      releases: [first, ...others],
      outcome: decided.at(-1),
      earlierOutcomes: decided.slice(0, -1),
      lostAtSource,
    }
  );
};

/** What a step says of the whole access: it was answered when any of its releases was. */
const decidingOutcome = (outcomes: readonly Outcome[]): Outcome | undefined =>
  outcomes.find(({ result }) => result === AccessResult.ACCESS_RESULT_ANSWERED) ?? outcomes[0];

const outcomeIn = ({ outcome }: Release): Outcome => Outcome.decode(outcome);

const hasOutcome = (release: Release | undefined): boolean => release !== undefined && release.outcome.length > 0;

/** Whether the owner of the list looked: at the list itself, or at their own mail. */
export const isSelfConsultation = ({ kind, mail }: Ask): boolean =>
  kind === AccessKind.ACCESS_KIND_SELF_CONSULTATION ||
  (kind === AccessKind.ACCESS_KIND_MAIL_OPENING && mail?.reader === MailReader.MAIL_READER_OWNER);
