import type { Json } from '@crossroads/eventsourcing';
import type { Access } from './access.js';

/** A refusal as it was answered. Nothing personal: it is kept in the clear. */
export interface Refused {
  readonly kind: 'PERMISSION_DENIED' | 'FAILED_PRECONDITION' | 'NOT_FOUND';
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the journal keeps with a request: where its access is, or how it was refused. Never an answer's data. */
export type Kept =
  | { readonly kind: 'intended'; readonly access: Access }
  | { readonly kind: 'refused'; readonly refused: Refused };

export const keptAnswer = (kept: Kept): Json =>
  kept.kind === 'intended'
    ? { intended: { ...kept.access } }
    : { refused: { ...kept.refused, metadata: { ...kept.refused.metadata } } };

/** @throws TypeError when it was not `keptAnswer` that made it. */
export const parseKept = (answer: Json): Kept => {
  const { intended, refused } = record(answer);
  if (intended !== undefined) {
    const { journalId, ticket, personId } = record(intended);
    return { kind: 'intended', access: { journalId: text(journalId), ticket: text(ticket), personId: text(personId) } };
  }
  const { kind, reason, message, metadata } = record(refused);
  if (kind !== 'PERMISSION_DENIED' && kind !== 'FAILED_PRECONDITION' && kind !== 'NOT_FOUND') throw unreadable();
  const entries = Object.entries(record(metadata)).map(([name, value]) => [name, text(value)] as const);
  return {
    kind: 'refused',
    refused: { kind, reason: text(reason), message: text(message), metadata: Object.fromEntries(entries) },
  };
};

const record = (value: Json | undefined): { readonly [key: string]: Json | undefined } => {
  if (typeof value !== 'object' || value === null || isArray(value)) throw unreadable();
  return value;
};

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

const text = (value: Json | undefined): string => {
  if (typeof value !== 'string') throw unreadable();
  return value;
};

const unreadable = () => new TypeError('the journal keeps an answer to this request that cannot be read');
