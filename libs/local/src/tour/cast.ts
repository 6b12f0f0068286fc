import { RemoteError } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import type { Population } from '../people/index.js';
import { verify } from './checks.js';
import type { Known } from './population-step.js';

/** Who plays which part, by what the folder has. */
export interface Cast {
  /** The mover, about whom the welfare office asks. */
  readonly subject: Known;
  readonly hasWages: boolean;
  readonly hasStatuses: boolean;
  /** Somebody on whom the welfare office has no file. */
  readonly stranger: Known;
}

/** The living with the most to tell first; a folder without wages, or of the dead only, still has somebody. */
export const chooseCast = (people: readonly Known[], { wages, statuses }: Population): Cast => {
  const worth = ({ ssin, deceased, hasAddress }: Known): number =>
    (deceased ? 0 : 8) + (wages.has(ssin) ? 4 : 0) + (statuses.has(ssin) ? 2 : 0) + (hasAddress ? 1 : 0);
  const [subject, ...others] = people.toSorted((a, b) => worth(b) - worth(a));
  const stranger = others.find(({ deceased }) => !deceased) ?? others[0];
  verify(subject !== undefined && stranger !== undefined, 'the population has at least two people');
  return { subject, stranger, hasWages: wages.has(subject.ssin), hasStatuses: statuses.has(subject.ssin) };
};

/** The refusal of a call that must be refused. */
export const refusalOf = async (call: Promise<unknown>): Promise<RemoteError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
  throw new RemoteError(status.OK, 'the call was answered', 'NOT_REFUSED', '', {}, [], undefined);
};
