import { createHash } from 'node:crypto';
import type { EnterpriseNumber } from './enterprise-number.js';

/**
 * The id under which the mesh keeps what belongs to an enterprise, where that of a person would be a `personId`: a UUID (RFC 9562,
 * version 8) that follows from its number. Enterprise numbers are public, so that it hides nothing.
 */
export const enterpriseIdOf = (number: EnterpriseNumber | string): string => {
  const hash = createHash('sha256').update(`crossroads enterprise\n${number}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
};
