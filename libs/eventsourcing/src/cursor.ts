import type { Cursor } from './event-store.js';

/** Before the first event. */
export const LOG_START: Cursor = { transactionId: 0n, position: 0n };

/** `<transaction id>:<position>`, decimal. */
export const encodeCursor = ({ transactionId, position }: Cursor): string => `${transactionId}:${position}`;

/** The empty text is the start of the log. Undefined when the text is no cursor. */
export const parseCursor = (text: string): Cursor | undefined => {
  if (text === '') return LOG_START;
  const [, transactionId, position] = /^(\d{1,20}):(\d{1,19})$/.exec(text) ?? [];
  if (transactionId === undefined || position === undefined) return undefined;
  const cursor = { transactionId: BigInt(transactionId), position: BigInt(position) };
  // Callers send it: PostgreSQL would fail on a number that is too large.
  return cursor.transactionId < 2n ** 64n && cursor.position < 2n ** 63n ? cursor : undefined;
};

/** Negative when `a` comes before `b`, zero when equal. */
export const compareCursors = (a: Cursor, b: Cursor): number =>
  sign(a.transactionId - b.transactionId) || sign(a.position - b.position);

const sign = (difference: bigint): number => (difference < 0n ? -1 : difference > 0n ? 1 : 0);
