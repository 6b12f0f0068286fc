import { ServiceIdentity } from '@crossroads/configuration';
import { PersonsInscribed } from '@crossroads/contracts/access/v1/events';
import { Database } from '@crossroads/database';
import { Batcher, type Recorded } from '@crossroads/eventsourcing';
import {
  type EventPublisher,
  type Publication,
  type PublishedTypes,
  Publisher,
  publicationOf,
} from '@crossroads/messaging';
import { ACCESS_EVENTS, DIRECTORY_ACCESS_TOPIC } from '@crossroads/topology';
import { PERSONS_INSCRIBED } from '../inscription/inscription-journal.js';
import { fromJournal } from '../inscription/journaled-inscriptions.codec.js';
import { SsinSeal } from '../inscription/ssin-seal.js';
import { inscriptionMessage } from '../lookup/inscription.message.js';

interface NumberedPerson {
  readonly person: number;
  readonly personId: string;
  /** As it was last inscribed; null once the person was erased. */
  readonly ssin: Buffer | null;
}

const PERSONS = {
  name: 'journaled-persons',
  text: `select p.person, p.person_id as "personId", i.ssin from persons p left join inscriptions i using (person)
    where p.person = any($1::int[])`,
};

/** Publishes whom institutions inscribed: access-audit shows each person. Journal entries of 200 ms travel together. */
@Publisher({ topics: { [DIRECTORY_ACCESS_TOPIC]: 'journal' }, paceMs: 200 })
export class JournalPublisher implements EventPublisher {
  readonly types: PublishedTypes = { [PERSONS_INSCRIBED]: (recorded) => this.inscribed(recorded) };

  private readonly persons: Batcher<number, NumberedPerson | undefined>;

  constructor(
    db: Database,
    private readonly seal: SsinSeal,
    private readonly service: ServiceIdentity,
  ) {
    this.persons = new Batcher(async (numbers) => {
      const rows = await db.query<NumberedPerson>(PERSONS, [[...new Set(numbers)]]);
      const found = new Map(rows.map((row) => [row.person, row]));
      return numbers.map((person) => found.get(person));
    });
  }

  /** Also of persons who were erased, without a number: the access log counts what happened, and keeps nothing of it. */
  private async inscribed(recorded: Recorded): Promise<Publication> {
    const { institution, lines, ...stated } = fromJournal(recorded.data);
    const persons = await Promise.all(
      lines.map(async ({ person, row, context, ...period }) => {
        const [{ personId }, inRow] = await Promise.all([this.numbered(person), this.numbered(row)]);
        return {
          personId,
          ssin: (inRow.ssin && this.seal.open(inRow.personId, inRow.ssin)) ?? '',
          inscription: { context, period: inscriptionMessage({ institution, context }, period).period },
        };
      }),
    );
    return publicationOf(recorded, {
      topic: DIRECTORY_ACCESS_TOPIC,
      source: this.service.urn,
      service: ACCESS_EVENTS,
      type: `${ACCESS_EVENTS}.accesses.notify.inscribed`,
      key: recorded.streamId,
      data: PersonsInscribed.encode({
        ...stated,
        journalId: recorded.streamId,
        customer: institution,
        persons,
      }).finish(),
    });
  }

  private async numbered(person: number): Promise<NumberedPerson> {
    const found = await this.persons.load(person);
    if (found === undefined) throw new RangeError('the journal names a person who has no number');
    return found;
  }
}
