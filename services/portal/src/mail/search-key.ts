import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import { isSearchKey, newSearchKey } from './search-words.js';

/** Keeps the key of searches in the browser, until it is closed. */
const nameOf = (isSecure: boolean): string => (isSecure ? '__Host-search' : 'search');

export const searchKeyOf = ({ headers }: Pick<Request, 'headers'>, isSecure: boolean): string | undefined => {
  const key = parseCookie(headers.cookie ?? '')[nameOf(isSecure)];
  return isSearchKey(key) ? key : undefined;
};

/** The key of this browser; a new one goes out with the response. */
export const ensureSearchKey = (
  request: Pick<Request, 'headers'>,
  response: Pick<Response, 'cookie'>,
  isSecure: boolean,
): string => {
  const held = searchKeyOf(request, isSecure);
  if (held !== undefined) return held;
  const key = newSearchKey();
  response.cookie(nameOf(isSecure), key, { httpOnly: true, secure: isSecure, sameSite: 'lax', path: '/' });
  return key;
};
