import { checkSettings } from '@crossroads/configuration';
import { runService as run, startApplication } from '@crossroads/grpc';
import type { Type } from '@nestjs/common';
import { type ServiceDefinition, schemasOf } from './define-service.js';

/** Runs a service until it is asked to stop. `main.js migrate` runs the migrations of its databases instead. */
export const runService = (service: ServiceDefinition, module: Type): Promise<void> =>
  run(service.name, {
    schemas: () => schemasOf(service),
    start: async () => {
      checkSettings(service.needed);
      return startApplication(module);
    },
  });
