import { AccessKind, AccessResult, Ask, Behind } from '@crossroads/contracts/access/v1/access_record';
import { OwnDataLooked } from '@crossroads/contracts/access/v1/events';
import type { CloudEvent } from '@crossroads/messaging';
import { eventSourceOf, personRegistry, referenceDirectory } from '@crossroads/topology';
import { beginRelease, outcomeWithoutData, releaseMessage } from '@crossroads/transparency';
import type { AccessStep } from '../access-log/access-entry.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The services that show persons what they keep about them: each can say so of itself only. */
const PARTIES: ReadonlyMap<string, string> = new Map(
  [personRegistry, referenceDirectory].map(({ name }) => [eventSourceOf(name), `service:${name}`]),
);

/**
 * A line of the person who looked at what the producer of the event keeps about them.
 * @throws TypeError when it names nobody, or its producer shows persons nothing
 */
export const ownLookIn = ({ source, time, data }: CloudEvent): AccessStep => {
  const { journalId, personId, ...behind } = OwnDataLooked.decode(data);
  const party = PARTIES.get(source);
  if (party === undefined || !UUID.test(journalId) || !UUID.test(personId)) throw new TypeError('a look of nobody');
  const release = beginRelease(
    Ask.fromPartial({ party, kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION }),
    Behind.fromPartial(behind),
    time,
  );
  const outcome = outcomeWithoutData(AccessResult.ACCESS_RESULT_ANSWERED, time);
  return { journalId, personId, revision: 1, releases: [releaseMessage({ ...release, outcome })] };
};
