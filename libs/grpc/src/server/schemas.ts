import { prepareSchemas, type Schema } from '@crossroads/database';
import { processLog } from '@crossroads/telemetry';
import { stopSignals } from './stop-signals.js';

/** Resolves when the databases of a service have the schema it needs: see `prepareSchemas`. */
export const schemasAreThere = (schemas: readonly Schema[]): Promise<void> =>
  prepareSchemas(schemas, {
    say: (what, details) => processLog().info(what, details),
    signal: stopSignals.stop,
  });
