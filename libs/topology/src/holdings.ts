import type { ServiceName } from './services.js';
import { producedBy, readBy, SEALED_TOPICS } from './topics.js';

/** What one service keeps, besides what every service has (a certificate, a database, two roles in it). */
export interface Holding {
  /** Seals per person: has a second database, for the keys. */
  readonly keysDatabase: boolean;
  /** Signs receipts: has a key of its own for it. */
  readonly receipts: boolean;
  /** Names in its key file whose value is its own. */
  readonly ownKeys: readonly string[];
  /** Names in its key file whose value others have, too; those of sealed topics come on top. */
  readonly sharedKeys: readonly string[];
}

export const HOLDINGS = {
  authorization: { keysDatabase: false, receipts: false, ownKeys: [], sharedKeys: [] },
  'person-registry': {
    keysDatabase: true,
    receipts: false,
    ownKeys: ['page-tokens', 'subject-keys'],
    sharedKeys: ['ssin-index'],
  },
  'reference-directory': {
    keysDatabase: false,
    receipts: false,
    ownKeys: ['page-tokens'],
    sharedKeys: ['ssin-index'],
  },
  exchange: { keysDatabase: true, receipts: true, ownKeys: ['page-tokens', 'subject-keys'], sharedKeys: [] },
  subscription: {
    keysDatabase: true,
    receipts: true,
    ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms'],
    sharedKeys: [],
  },
  'access-audit': { keysDatabase: true, receipts: false, ownKeys: ['page-tokens', 'subject-keys'], sharedKeys: [] },
} as const satisfies Readonly<Record<ServiceName, Holding>>;

/** The names in its key file whose value others have, too: topic keys go to producers and readers, nobody else. */
export const sharedKeysOf = (service: ServiceName): readonly string[] => [
  ...HOLDINGS[service].sharedKeys,
  ...SEALED_TOPICS.filter((topic) => [...producedBy(service), ...readBy(service)].includes(topic)),
];
