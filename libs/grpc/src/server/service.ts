import { type Lane, LANES } from '@crossroads/configuration';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type { MethodShape } from '../definition.js';
import type { Caller } from '../identity/caller.js';
import type { Call, Serves } from './call.js';

/** Who may call an rpc: any institution, one service, or any certificate of the CA. */
export type AllowedCaller = 'institution' | `service:${string}` | 'any';

export interface ServeOptions<Name extends string> {
  /** The callers of each rpc; all others get PERMISSION_DENIED. */
  readonly allow: Readonly<Record<Name, readonly AllowedCaller[]>>;
  /** Called before each call, after `allow`, to check that the key is registered. Throws to refuse. */
  readonly authenticate?: (caller: Caller, rpc: string) => Promise<void> | void;
  /** Streams that never end by themselves (a watch): aborted when the server stops, instead of waited for. */
  readonly endless?: readonly Name[];
  /** The largest messages of requests, in bytes, where they are smaller than those of the server. */
  readonly messageBytes?: Readonly<Partial<Record<Name, number>>>;
  /** Rpcs of another lane of work than `online`. */
  readonly lanes?: Readonly<Partial<Record<Lane, readonly Name[]>>>;
}

type Definition = Record<string, MethodShape>;

/** A definition bound to its implementation, for `startServer`. */
export type ServedService = readonly ServedMethod[];

/** One rpc. `serve` has checked that requests and responses have the types of its definition. */
export interface ServedMethod {
  readonly rpc: string;
  readonly allow: readonly AllowedCaller[];
  readonly endless: boolean;
  /** @default online */
  readonly lane?: Lane;
  /** The largest message of a request. @default that of the server */
  readonly maxMessageBytes?: number | undefined;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** The handler decodes its requests itself. */
  readonly raw?: boolean;
  readonly decode: (bytes: Buffer) => unknown;
  readonly encode: (response: unknown) => Buffer;
  readonly authenticate: ServeOptions<string>['authenticate'];
  readonly invoke: (request: unknown, call: Call) => unknown;
}

const isFunction = (value: unknown): value is (...args: unknown[]) => unknown => typeof value === 'function';

/** Binds a generated definition to the controller that implements it. */
export const serve = <D extends Definition & ServiceDefinition>(
  definition: D,
  implementation: Serves<D>,
  { allow, authenticate, endless = [], lanes = {}, messageBytes }: ServeOptions<Extract<keyof D, string>>,
): ServedService =>
  Object.entries<ServiceDefinition[string]>(definition).map(([name, method]) => {
    const handler: unknown = Reflect.get(implementation, name);
    if (!isFunction(handler)) throw new TypeError(`${method.path} has no implementation`);
    const allowed = new Map<string, readonly AllowedCaller[]>(Object.entries(allow)).get(name);
    if (allowed === undefined) throw new TypeError(`${method.path} has no list of allowed callers`);
    return {
      rpc: method.path,
      allow: allowed,
      endless: endless.some((other) => other === name),
      lane: LANES.find((lane) => lanes[lane]?.some((other) => other === name)) ?? 'online',
      maxMessageBytes: new Map(Object.entries<number | undefined>(messageBytes ?? {})).get(name),
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      decode: method.requestDeserialize,
      encode: method.responseSerialize,
      authenticate,
      invoke: (request, call) => handler.call(implementation, request, call),
    };
  });

export const isAllowed = (allow: readonly AllowedCaller[], caller: Caller): boolean => {
  for (const entry of allow) {
    if (entry === 'any') return true;
    if (caller.kind === 'institution' ? entry === 'institution' : entry === `service:${caller.name}`) return true;
  }
  return false;
};
