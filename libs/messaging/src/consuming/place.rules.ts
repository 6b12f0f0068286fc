import type { Place } from '@crossroads/eventsourcing';

/** What a reader does with a message. */
export type Verdict =
  /** It is the next one. */
  | 'take'
  /** It was taken before. */
  | 'repetition'
  /** Messages between the reader's place and this one are missing: read them from the publisher. */
  | 'gap'
  /** It belongs to another course of the log than what this reader has taken. */
  | 'fork';

/** Where a message stands, and the message before it. */
export interface Link extends Place {
  readonly previous: Place;
}

/** All logs have the same beginning: its hash is not compared. */
const isSame = (one: Place, other: Place): boolean => one.position === 0n || one.hash === other.hash;

/**
 * Judges a message by the reader's place. A place between the message and the one before it is a watermark: events in between are not
 * published on this topic, so the message is the next one. For a bundle, whose link is that of its first event, it may lie within.
 */
export const judge = (at: Place, message: Link): Verdict => {
  if (message.position < at.position) return 'repetition';
  if (message.position === at.position) return isSame(at, message) ? 'repetition' : 'fork';
  if (message.previous.position > at.position) return 'gap';
  if (message.previous.position === at.position) return isSame(at, message.previous) ? 'take' : 'fork';
  return 'take';
};
