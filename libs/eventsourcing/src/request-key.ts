import { hash } from 'node:crypto';
import type { RequestKey } from './event-store.js';

/** The key under which a request is stored: a hash of its scope and id, in hexadecimal. JSON keeps the parts apart. */
export const keyOf = ({ institution, rpc, requestId }: RequestKey): string =>
  hash('sha256', JSON.stringify([institution, rpc, requestId]));
