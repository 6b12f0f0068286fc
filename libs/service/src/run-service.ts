import { checkSettings } from '@crossroads/configuration';
import { startApplication } from '@crossroads/grpc';
import type { Type } from '@nestjs/common';
import { type ServiceDefinition, schemasOf } from './define-service.js';
import { runProcess } from './run-process.js';

/** Runs a service until it is asked to stop. `main.js migrate` runs the migrations of its databases instead. */
export const runService = (service: ServiceDefinition, module: Type): Promise<void> =>
  runProcess(service.name, {
    schemas: () => schemasOf(service),
    start: async () => {
      checkSettings(service.needed);
      return startApplication(module);
    },
  });
