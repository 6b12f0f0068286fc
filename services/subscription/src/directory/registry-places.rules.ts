import type { Followed } from '@crossroads/contracts/directory/v1/directory_service';
import type { CloudEvent } from '@crossroads/messaging';
import { PERSON_TOPIC } from '@crossroads/topology';

/** How far somebody has read the logs of the person registry: the position by partition, by the id of the log. */
export type RegistryPlaces = ReadonlyMap<string, ReadonlyMap<number, bigint>>;

export const NOWHERE: RegistryPlaces = new Map();

/** The last place of the registry in each partition of these events. */
export const registryPlacesOf = (events: readonly CloudEvent[]): RegistryPlaces => {
  const places = new Map<string, Map<number, bigint>>();
  for (const { service, partition, place } of events) {
    if (service !== PERSON_TOPIC || partition === undefined || !place) continue;
    const positions = places.get(place.logId) ?? new Map<number, bigint>();
    places.set(place.logId, positions);
    if (place.position > (positions.get(partition) ?? 0n)) positions.set(partition, place.position);
  }
  return places;
};

/** Whether an answer of the directory may lack something that the caller has read. */
export const isBehind = (followed: readonly Followed[], caller: RegistryPlaces): boolean => {
  const positions = new Map(followed.map((one) => [one.logId, one.positions]));
  for (const [logId, read] of caller)
    for (const [partition, position] of read) if ((positions.get(logId)?.[partition] ?? 0n) < position) return true;
  return false;
};
