import { poolUse } from '@crossroads/database';
import { observe, startTelemetry, type Telemetry } from '@crossroads/telemetry';

/** Telemetry of a service's process: of its calls, its databases and itself. */
export const startServiceTelemetry = async (service: string): Promise<Telemetry> => {
  const telemetry = await startTelemetry(service);
  observe('crossroads.database_pool.waiting', () => poolUse().waiting);
  observe('crossroads.database_pool.in_use', () => poolUse().inUse);
  return telemetry;
};
