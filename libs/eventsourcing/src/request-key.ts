import { createHash } from 'node:crypto';
import type { RequestKey } from './event-store.js';

/** What a request is kept under: its scope and id in 32 bytes. JSON keeps the parts apart. */
export const keyOf = ({ institution, rpc, requestId }: RequestKey): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([institution, rpc, requestId]))
    .digest();
