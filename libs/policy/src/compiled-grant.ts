import { type Deliberation, DeliberationState, type Grant } from '@crossroads/contracts/authorization/v1/policy';
import type { DateMessage } from '@crossroads/contracts/google/type/date';
import { fromWire, type IsoDay, isoDay } from '@crossroads/identifiers';

/** One grant of a deliberation that was approved, ready for decisions. */
export interface CompiledGrant {
  readonly deliberationId: string;
  readonly revoked: boolean;
  /** First day, or a text before every day. */
  readonly start: string;
  /** First day on which it is over, or a text after every day. */
  readonly end: string;
  readonly online: boolean;
  readonly subscription: boolean;
  readonly dataService: string;
  readonly legalContexts: readonly string[];
  readonly fieldGroups: ReadonlySet<string>;
  readonly inscriptionContexts: ReadonlySet<string>;
}

const BEFORE_EVERY_DAY = '';
const AFTER_EVERY_DAY = '~';

/** Nothing for a draft or what the committee refused: nobody was ever granted that. */
export const compileGrants = (deliberation: Deliberation): CompiledGrant[] => {
  const { state, deliberationId } = deliberation;
  const revoked = state === DeliberationState.DELIBERATION_STATE_REVOKED;
  if (!revoked && state !== DeliberationState.DELIBERATION_STATE_APPROVED) return [];
  return deliberation.grants.map((grant) => ({
    deliberationId,
    revoked,
    ...daysOf(grant),
    online: grant.online,
    subscription: grant.subscription,
    dataService: grant.dataService,
    legalContexts: [...new Set(grant.legalContexts)],
    fieldGroups: new Set(grant.fieldGroups),
    inscriptionContexts: new Set(grant.inscriptionContexts),
  }));
};

const daysOf = ({ validity }: Grant): { start: string; end: string } => {
  const [startDate, endDate] = [dayOf(validity?.startDate), dayOf(validity?.endDate)];
  const parsed = startDate === null || endDate === null ? undefined : fromWire({ startDate, endDate });
  // What authorization would never have registered grants nothing.
  if (!parsed?.ok) return { start: AFTER_EVERY_DAY, end: BEFORE_EVERY_DAY };
  return { start: parsed.period.start ?? BEFORE_EVERY_DAY, end: parsed.period.end ?? AFTER_EVERY_DAY };
};

/** `undefined`: open; `null`: no such day. */
const dayOf = (date: DateMessage | undefined): IsoDay | undefined | null =>
  date === undefined ? undefined : (isoDay(date.year, date.month, date.day) ?? null);
