/** gRPC's codes, for rules and reasons that are mapped to them. */
export { status } from '@grpc/grpc-js';
export {
  type CallOptions,
  type Calls,
  type Connection,
  type ConnectOptions,
  connect,
} from './client/client.js';
export type { MethodShape, RequestOf, ResponseOf } from './definition.js';
export {
  Cancelled,
  DataLoss,
  FailedPrecondition,
  type FailureOptions,
  type FieldViolation,
  GrpcFailure,
  InvalidInput,
  MalformedMessage,
  NotFound,
  PermissionDenied,
  ResourceExhausted,
  Unauthenticated,
  Unavailable,
} from './errors/failures.js';
export { describeError } from './errors/describe-error.js';
export { isOutage } from './errors/outage.js';
export { errorOf, RemoteError } from './errors/remote-error.js';
export { type ReasonCodes, toStatus } from './errors/status.js';
export { warn } from './errors/warn.js';
export type { Caller } from './identity/caller.js';
export {
  applicationIn,
  type Identity,
  identityUri,
  type ServerIdentity,
  certificateHashOf,
  spkiOf,
} from './identity/peer.js';
export { channelCredentials, type TlsFiles } from './identity/tls.js';
export { requireTls13 } from './identity/tls-floor.js';
export { RegisteredKeys } from './identity/registered-keys.js';
export { ServerKeys } from './identity/server-keys.js';
export { CallerGuard } from './nest/caller.guard.js';
export { ClientsModule, GrpcClients, InjectClient, type CalledService } from './nest/clients.module.js';
export { GrpcModule } from './nest/grpc.module.js';
export { GrpcTransport, type TransportOptions } from './nest/grpc.transport.js';
export { GrpcExceptionFilter } from './nest/grpc-exception.filter.js';
export { HealthModule } from './nest/health.module.js';
export { HealthTransport } from './nest/health.transport.js';
export { nestLogger } from './nest/nest-logger.js';
export { RequestValidation } from './nest/request-validation.js';
export { requestPipe } from './nest/request.pipe.js';
export {
  type CallersBy,
  type CallersOf,
  GrpcController,
  type Incoming,
  type Outgoing,
  Rpc,
} from './nest/rpc.decorator.js';
export { createApplication, startApplication } from './nest/start-application.js';
export * as fields from './request/fields.js';
export { PageTokens } from './request/page-token.js';
export { parseRequest, perContext, type ValidationContext } from './request/parse-request.js';
export { newRequestId, requestKey } from './request/request-id.js';
export type { Call, Serves } from './server/call.js';
export type { EndedCall } from './server/handlers.js';
export type { Health } from './server/health.js';
export type { CallerLimits, LimitedCall, LimitReason } from './server/limits.js';
export type { Readiness } from './server/readiness.js';
export { type RunningServer, type ServerLimits, type ServerOptions, startServer } from './server/server.js';
export { type AllowedCaller, type ServedService, type ServeOptions, serve } from './server/service.js';
export { aborted, stopSignals } from './server/stop-signals.js';
