import { addDays, type IsoDay, startOfDay } from '@crossroads/identifiers';

const REMINDER_MS = 15 * 24 * 3_600_000;
const EXPIRATION_ALERT_DAYS = 7;

export type TimerKind = 'reminder' | 'expiration';

/** A point of time at which the sender of a message is told something. */
export interface Timer {
  readonly kind: TimerKind;
  readonly at: Date;
}

export interface TimedMessage {
  readonly receivedAt: Date;
  /** It was read at least once. */
  readonly wasRead: boolean;
  /** The last day on which its documents can be opened; absent: without end. */
  readonly expiresOn: IsoDay | undefined;
  /** Timers that have gone off. */
  readonly done: ReadonlySet<TimerKind>;
}

/** The next timer of a message: a reminder when it was not read for 15 days, an alert 7 days before it expires, read or not. */
export const nextTimer = ({ receivedAt, wasRead, expiresOn, done }: TimedMessage): Timer | undefined => {
  const timers: Timer[] = [];
  if (!wasRead && !done.has('reminder'))
    timers.push({ kind: 'reminder', at: new Date(receivedAt.getTime() + REMINDER_MS) });
  if (expiresOn !== undefined && !done.has('expiration'))
    timers.push({ kind: 'expiration', at: startOfDay(addDays(expiresOn, -EXPIRATION_ALERT_DAYS)) });
  return timers.toSorted((one, other) => one.at.getTime() - other.at.getTime())[0];
};
