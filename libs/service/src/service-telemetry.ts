import { poolUse } from '@crossroads/database';
import { observe, startTelemetry, type Telemetry } from '@crossroads/telemetry';

/** Starts the telemetry of a service's process, with the metrics of its database pools. */
export const startServiceTelemetry = async (service: string): Promise<Telemetry> => {
  const telemetry = await startTelemetry(service);
  observe('crossroads.database_pool.waiting', () => poolUse().waiting);
  observe('crossroads.database_pool.in_use', () => poolUse().inUse);
  return telemetry;
};
