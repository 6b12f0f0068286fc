import { RemoteError } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import type { Population } from '../people/index.js';
import { verify } from './checks.js';
import type { ImportedPerson } from './population-step.js';

/** The two people whom the tour is about. */
export interface Participants {
  /** The person who moves, and about whom the welfare office asks. */
  readonly subject: ImportedPerson;
  readonly hasWages: boolean;
  readonly hasStatuses: boolean;
  /** A person on whom the welfare office has no file. */
  readonly stranger: ImportedPerson;
}

/** Chooses living people with wages, statuses and an address if there are any. */
export const chooseParticipants = (
  people: readonly ImportedPerson[],
  { wages, statuses }: Population,
): Participants => {
  const score = ({ ssin, deceased, hasAddress }: ImportedPerson): number =>
    (deceased ? 0 : 8) + (wages.has(ssin) ? 4 : 0) + (statuses.has(ssin) ? 2 : 0) + (hasAddress ? 1 : 0);
  const [subject, ...others] = people.toSorted((a, b) => score(b) - score(a));
  const stranger = others.find(({ deceased }) => !deceased) ?? others[0];
  verify(subject !== undefined && stranger !== undefined, 'the population has at least two people');
  return { subject, stranger, hasWages: wages.has(subject.ssin), hasStatuses: statuses.has(subject.ssin) };
};

/** The error of a call that must be refused. */
export const refusalOf = async (call: Promise<unknown>): Promise<RemoteError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
  throw new RemoteError(status.OK, 'the call was answered', 'NOT_REFUSED', '', {}, [], undefined);
};
