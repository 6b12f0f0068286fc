import { onLeaseLost, poolUse } from '@crossroads/database';
import { stampLag } from '@crossroads/eventsourcing';
import { counter, observe, startTelemetry, type Telemetry } from '@crossroads/telemetry';

/** Starts the telemetry of a service's process, with the metrics of its database pools, leases and log. */
export const startServiceTelemetry = async (service: string): Promise<Telemetry> => {
  const telemetry = await startTelemetry(service);
  observe('crossroads.database_pool.waiting', () => poolUse().waiting);
  observe('crossroads.database_pool.in_use', () => poolUse().inUse);
  observe('crossroads.log.stamp_lag.seconds', () =>
    stampLag().map(({ log, seconds }) => ({ value: seconds, of: { log } })),
  );
  const lost = counter('crossroads.leases.lost');
  onLeaseLost((role) => lost.add(1, { role }));
  return telemetry;
};
