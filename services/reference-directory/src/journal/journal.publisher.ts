import { ServiceIdentity } from '@crossroads/configuration';
import { OwnDataLooked, PersonsInscribed } from '@crossroads/contracts/access/v1/events';
import { Database } from '@crossroads/database';
import type { Recorded } from '@crossroads/eventsourcing';
import {
  type EventPublisher,
  type Publication,
  type PublishedTypes,
  Publisher,
  publicationOf,
} from '@crossroads/messaging';
import { OWN_DATA_LOOKED, ownDataLooked } from '@crossroads/sign-in';
import { ACCESS_EVENTS, DIRECTORY_ACCESS_TOPIC } from '@crossroads/topology';
import { PERSONS_INSCRIBED } from '../inscription/inscription-journal.js';
import { fromJournal, type JournaledLine } from '../inscription/journaled-inscriptions.codec.js';
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

/** Publishes whom institutions inscribed, and who looked at their own inscriptions: access-audit shows each person. Journal entries of 200 ms travel together. */
@Publisher({ topics: { [DIRECTORY_ACCESS_TOPIC]: 'journal' }, paceMs: 200 })
export class JournalPublisher implements EventPublisher {
  readonly types: PublishedTypes = {
    [PERSONS_INSCRIBED]: (recorded) => this.inscribed(recorded),
    [OWN_DATA_LOOKED]: (recorded) => this.looked(recorded),
  };

  constructor(
    private readonly db: Database,
    private readonly seal: SsinSeal,
    private readonly service: ServiceIdentity,
  ) {}

  /** Also of persons who were erased, without a number: the access log counts what happened, and keeps nothing of it. */
  private async inscribed(recorded: Recorded): Promise<Publication> {
    const { institution, lines, ...stated } = fromJournal(recorded.data);
    const personOf = await this.personsOf(lines);
    const persons = lines.map(({ person, row, context, ...period }) => {
      const inRow = personOf(row);
      return {
        personId: personOf(person).personId,
        ssin: (inRow.ssin && this.seal.open(inRow.personId, inRow.ssin)) ?? '',
        inscription: { context, period: inscriptionMessage({ institution, context }, period).period },
      };
    });
    const message = { ...stated, journalId: recorded.streamId, customer: institution, persons };
    return this.publication(recorded, 'inscribed', PersonsInscribed.encode(message).finish());
  }

  private async looked(recorded: Recorded): Promise<Publication> {
    return this.publication(recorded, 'looked', OwnDataLooked.encode(ownDataLooked(recorded)).finish());
  }

  private publication(recorded: Recorded, action: 'inscribed' | 'looked', data: Uint8Array): Publication {
    return publicationOf(recorded, {
      topic: DIRECTORY_ACCESS_TOPIC,
      source: this.service.urn,
      service: ACCESS_EVENTS,
      type: `${ACCESS_EVENTS}.accesses.notify.${action}`,
      key: recorded.streamId,
      data,
    });
  }

  private async personsOf(lines: readonly JournaledLine[]): Promise<(person: number) => NumberedPerson> {
    const numbers = new Set(lines.flatMap(({ person, row }) => [person, row]));
    const persons = new Map(
      (await this.db.query<NumberedPerson>(PERSONS, [[...numbers]])).map((one) => [one.person, one]),
    );
    return (person) => {
      const found = persons.get(person);
      if (found === undefined) throw new RangeError('the journal names a person who has no number');
      return found;
    };
  }
}
