import type { EnterpriseNumber } from './enterprise-number.js';
import { hashedUuid } from './hashed-uuid.js';

/**
 * The id under which the mesh keeps what belongs to an enterprise, where that of a person would be a `personId`: it follows from its
 * number. Enterprise numbers are public, so that it hides nothing.
 */
export const enterpriseIdOf = (number: EnterpriseNumber | string): string =>
  hashedUuid(`crossroads enterprise\n${number}`);
