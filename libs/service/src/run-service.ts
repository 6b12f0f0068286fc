import { checkSettings } from '@crossroads/configuration';
import { createApplication, GrpcTransport, HealthTransport, startApplication } from '@crossroads/grpc';
import { Resync } from '@crossroads/messaging';
import type { Type } from '@nestjs/common';
import { type ServiceDefinition, schemasOf } from './define-service.js';
import { reassert } from './reassert.js';
import { rebuild } from './rebuild.js';
import { retention } from './retention.js';
import { runProcess, type StartedApplication } from './run-process.js';

/**
 * Runs a service until it is asked to stop. Each command of `main.js` (`migrate`, `resync`, `reassert`, `rebuild`, `retention`) does one
 * thing and ends.
 * @param start how it starts to serve @default over gRPC; or nothing but its health, when it has no rpc
 */
export const runService = (
  service: ServiceDefinition,
  module: Type,
  start: (module: Type) => Promise<StartedApplication> = (root) =>
    startApplication(root, service.needs.serves ? GrpcTransport : HealthTransport),
): Promise<void> => {
  const { loadS3Archive } = service;
  return runProcess(service.name, {
    schemas: () => schemasOf(service),
    ...(loadS3Archive ? { retention: (say) => retention(service.name, loadS3Archive, say) } : {}),
    rebuild: (request, say) => rebuild(service, module, request, say),
    reassert: (file, say) => reassert(service, module, file, say),
    start: async () => {
      checkSettings(service.needed);
      return start(module);
    },
    ...(service.needs.consumes
      ? {
          resync: async (request, say) => {
            checkSettings(service.needed);
            // Created and not started: a running process goes on with its own work.
            const application = await createApplication(module);
            await application.get(Resync, { strict: false }).run(request, say);
          },
        }
      : {}),
  });
};
