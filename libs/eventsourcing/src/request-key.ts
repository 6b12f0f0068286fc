import { hash } from 'node:crypto';
import type { RequestKey } from './event-store.js';

/** What a request is kept under, in hexadecimal: its scope and id in 32 bytes. JSON keeps the parts apart. */
export const keyOf = ({ institution, rpc, requestId }: RequestKey): string =>
  hash('sha256', JSON.stringify([institution, rpc, requestId]));
