import { hash } from 'node:crypto';
import type { RequestKey } from './event-store.js';

/** The scope of a request's id: a hash of institution and rpc, in hexadecimal. JSON keeps the parts apart. */
export const scopeOf = ({ institution, rpc }: RequestKey): string => hash('sha256', JSON.stringify([institution, rpc]));

/** Unique for a scope and an id. */
export const keyOf = (request: RequestKey): string => `${scopeOf(request)}/${request.requestId}`;
