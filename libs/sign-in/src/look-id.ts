import { hashedUuid } from '@crossroads/identifiers';
import type { SignedIn } from './citizen-tokens.js';

/** Longer than a token lives: the instant that is made of `exp` never lies ahead. */
const LIFETIME_S = 300;

/**
 * Of the look of a citizen at what is their own: the same for each call with a token, and for none with a later token of the same `jti`.
 * @param at what they looked at, beside the list of accesses
 */
export const lookIdOf = ({ issuer, jti, exp }: SignedIn['token'], ownerId: string, ...at: readonly string[]): string =>
  hashedUuid(JSON.stringify(['crossroads look', issuer, jti, exp, ownerId, ...at]));

/** The same as a UUIDv7, as journals need it: its time is that of the token. */
export const journaledLookIdOf = (token: SignedIn['token'], ownerId: string, ...at: readonly string[]): string => {
  const milliseconds = (Math.floor(token.exp) - LIFETIME_S) * 1_000;
  const time = milliseconds.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${lookIdOf(token, ownerId, ...at).slice(15)}`;
};
