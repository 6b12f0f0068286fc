import { AccessKind, AccessResult, Ask, Behind } from '@crossroads/contracts/access/v1/access_record';
import { PersonsInscribed } from '@crossroads/contracts/access/v1/events';
import { hashedUuid } from '@crossroads/identifiers';
import type { CloudEvent } from '@crossroads/messaging';
import { beginRelease, NO_PARTY, outcomeWithoutData, releaseMessage } from '@crossroads/transparency';
import type { AccessStep } from '../access-log/access-entry.js';

/**
 * A line of the list of each person whom an institution inscribed. No party is asked: the record stands for itself.
 * @throws TypeError when it names nobody, or is not that of its key
 */
export const inscriptionsIn = ({ id, key, time, data }: CloudEvent): AccessStep[] => {
  const { journalId, customer, peer, application, ticket, policyRevision, ended, persons } =
    PersonsInscribed.decode(data);
  if (journalId !== key || persons.length === 0 || persons.some(({ personId }) => personId === ''))
    throw new TypeError('an inscription of nobody');
  const kind = ended ? AccessKind.ACCESS_KIND_INSCRIPTION_END : AccessKind.ACCESS_KIND_INSCRIPTION;
  const outcome = outcomeWithoutData(AccessResult.ACCESS_RESULT_ANSWERED, time);
  return persons.map(({ personId, ssin, inscription }, place) => {
    const release = beginRelease(
      Ask.fromPartial({ party: NO_PARTY, ssin, customer, kind }),
      Behind.fromPartial({ ticket, peer, application, policyRevision, ...(inscription ? { inscription } : {}) }),
      time,
    );
    return {
      journalId: idOf(journalId, id, place),
      personId,
      revision: 1,
      releases: [releaseMessage({ ...release, outcome })],
    };
  });
};

/** The same whenever the event comes again. The journal's own id is that of all its lines. */
const idOf = (journalId: string, eventId: string, place: number): string =>
  hashedUuid(`${journalId}\n${eventId}\n${place}`);
