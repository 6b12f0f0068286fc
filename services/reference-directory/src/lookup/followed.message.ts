import type { Followed } from '@crossroads/contracts/directory/v1/directory_service';
import type { FollowedPlace } from './followed-places.js';

/** One message a log; the positions up to the last partition of which something was applied. */
export const followedMessages = (places: readonly FollowedPlace[]): Followed[] =>
  [...Map.groupBy(places, ({ logId }) => logId)].map(([logId, own]) => {
    const positions = new Array<bigint>(1 + Math.max(...own.map(({ partition }) => partition))).fill(0n);
    for (const { partition, position } of own) positions[partition] = position;
    return { logId, positions };
  });
