import { SERVICES, type ServiceName, serviceNamed } from './services/index.js';
import { producedBy, readBy } from './topic-access.js';
import { SEALED_TOPICS } from './topics.js';

/** The names in its key file whose values other services have, too. The key of a sealed topic goes to its producers and readers. */
export const sharedKeysOf = (service: ServiceName): readonly string[] => [
  ...serviceNamed(service).sharedKeys,
  ...SEALED_TOPICS.filter((topic) => [...producedBy(service), ...readBy(service)].includes(topic)),
];

/** All names in its key file. */
export const keysOf = (service: ServiceName): readonly string[] => [
  ...serviceNamed(service).ownKeys,
  ...sharedKeysOf(service),
];

/** The services that sign receipts. */
export const RECEIPT_SIGNERS: readonly ServiceName[] = SERVICES.filter(
  (service) => serviceNamed(service).receipts === 'sign',
);
