import { InscriptionsChanged as InscriptionsChangedMessage } from '@crossroads/contracts/directory/v1/events';
import { type Database } from '@crossroads/database';
import { plainCodec, type Recorded } from '@crossroads/eventsourcing';
import { type Publication, type Published, publicationOf } from '@crossroads/messaging';
import { periodMessage } from './api/messages.js';

import { changesOf, type InscriptionsChanged } from './domain/inscriptions.js';

export const TOPIC = 'crossroads.directory.v1';
const SOURCE = 'urn:crossroads:service:reference-directory';

const codec = plainCodec<InscriptionsChanged>();

/** What others may see of the log: each inscription after its change, by personId. No SSIN is in the log. */
export const publishedFrom =
  (db: Database): Published =>
  async (recorded: Recorded): Promise<Publication | undefined> => {
    if (recorded.type !== 'InscriptionsChanged') return undefined;
    const event = await codec.fromStored(recorded);
    const changes = changesOf(event);
    const personIds = await personIdsOf(
      db,
      changes.map(({ person }) => person),
    );
    const messages = changes.map((change) => ({
      personId: personIds.get(change.person) ?? '',
      institution: event.data.institution,
      inscriptionContext: change.context,
      // Taken back: its period ends the day before it starts.
      period: periodMessage(change),
    }));
    const [first, second] = messages;
    return publicationOf(recorded, {
      topic: TOPIC,
      source: SOURCE,
      service: TOPIC,
      type: `${TOPIC}.inscriptions.notify.changed`,
      key: first && !second ? first.personId : recorded.id,
      data: InscriptionsChangedMessage.encode({ changes: messages }).finish(),
    });
  };

const personIdsOf = async (db: Database, persons: readonly number[]): Promise<Map<number, string>> => {
  const rows = await db.query<{ person: number; person_id: string }>(
    { name: 'person-ids', text: 'select person, person_id from persons where person = any($1::int[])' },
    [[...new Set(persons)]],
  );
  return new Map(rows.map((row) => [row.person, row.person_id]));
};
