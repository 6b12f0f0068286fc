import type { Lane } from '@crossroads/configuration';
import { Controller, type PipeTransform, type Type } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { ServiceName } from '@crossroads/topology';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type { MethodShape, RequestOf, ResponseOf } from '../definition.js';
import type { Call } from '../server/call.js';
import type { AllowedCaller } from '../server/service.js';
import { DecodePipe } from './decode.pipe.js';

/** The id of this transport for Nest. */
export const GRPC: unique symbol = Symbol('crossroads grpc');

/** What the transport needs to know about a handler. */
export interface RpcExtras {
  readonly method: ServiceDefinition[string];
  /** A stream that never ends by itself (a watch): aborted when the server stops, instead of waited for. */
  readonly endless: boolean;
  readonly lane: Lane;
}

/** What an rpc gives its handler: a message, or an async iterable of messages. */
export type Incoming<Method extends MethodShape> = Method['requestStream'] extends true
  ? AsyncIterable<RequestOf<Method>>
  : RequestOf<Method>;

/** What a handler returns: a promise of a message, or an async iterable of messages. */
export type Outgoing<Method extends MethodShape> = Method['responseStream'] extends true
  ? AsyncIterable<ResponseOf<Method>>
  : Promise<ResponseOf<Method>>;

type Handler<Method extends MethodShape, Input> = (input: Input, call: Call) => Outgoing<Method>;

export interface RpcOptions {
  readonly endless?: boolean;
  /** The lane of work. @default online */
  readonly lane?: Lane;
}

/**
 * Serves one rpc of a generated definition. With a pipe the handler receives the pipe's result. The compiler checks that request,
 * pipe, handler and response fit.
 */
export const Rpc =
  <Method extends MethodShape & ServiceDefinition[string], Input = Incoming<Method>>(
    method: Method,
    pipe?: Type<PipeTransform<Incoming<Method>, Input>>,
    { endless = false, lane = 'online' }: RpcOptions = {},
  ) =>
  <H extends Handler<Method, NoInfer<Awaited<Input>>>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const extras: RpcExtras = { method, endless, lane };
    MessagePattern(method.path, GRPC, { ...extras })(target, key, descriptor);
    Payload(new DecodePipe(method), ...(pipe === undefined ? [] : [pipe]))(target, key, 0);
    Ctx()(target, key, 1);
  };

type Named<Definition> = { readonly [Name in keyof Definition]: (...args: never[]) => unknown };

/** The callers of each rpc. */
export type CallersOf<Definition> = Readonly<Record<keyof Definition, readonly AllowedCaller[]>>;

/** The same, or for a definition that several services serve, by service. */
export type CallersBy<Definition> = CallersOf<Definition> | ((service: ServiceName) => CallersOf<Definition>);

const CALLERS = 'crossroads:callers';

type Lookup = (service: ServiceName) => readonly AllowedCaller[] | undefined;

/**
 * Serves a generated definition. A class or a table of callers that lacks one of its rpcs does not compile; an rpc without `@Rpc`
 * throws when the class is loaded.
 */
export const GrpcController =
  <D extends Record<string, MethodShape> & ServiceDefinition>(definition: D, callers: CallersBy<D>) =>
  <C extends new (...args: never[]) => Named<D>>(controller: C): void => {
    for (const [name, { path }] of Object.entries<ServiceDefinition[string]>(definition)) {
      const handler: unknown = Reflect.get(controller.prototype as object, name);
      if (typeof handler !== 'function' || Reflect.getMetadata('microservices:pattern', handler) === undefined)
        throw new TypeError(`${controller.name}.${name} serves ${path} without @Rpc`);
      const lookup: Lookup = (service) => Reflect.get(typeof callers === 'function' ? callers(service) : callers, name);
      Reflect.defineMetadata(CALLERS, lookup, handler);
    }
    Controller()(controller);
  };

export const allowedCallersOf = (handler: object, service: ServiceName): readonly AllowedCaller[] | undefined =>
  (Reflect.getMetadata(CALLERS, handler) as Lookup | undefined)?.(service);
