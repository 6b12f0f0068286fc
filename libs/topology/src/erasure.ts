import { SERVICES, type ServiceName, serviceNamed } from './services/index.js';
import { readBy } from './topic-access.js';
import { PERSON_TOPIC } from './topics.js';

/**
 * The services that hold something about persons: they seal with a key of each, or follow the person registry. Each erases a person when
 * the registry orders it, and acknowledges; the erasure is complete once all have.
 */
export const ERASING_SERVICES: readonly ServiceName[] = SERVICES.filter(
  (name) => serviceNamed(name).subjectKeys || readBy(name).includes(PERSON_TOPIC),
);
