import { Ask, Behind, Outcome } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { allPublished, type TestMesh } from '@crossroads/testing/mesh';

export interface Journaled {
  /** Of the delivery: what the subscriber is shown, and what is behind it. */
  record: (Omit<Ask, 'mail'> & Omit<Behind, 'mail'>) | undefined;
  /** Of the delivery, one for each step that says one. */
  readonly outcomes: Outcome[];
  /** Whom its releases reach, and the references of their asks. */
  readonly parties: Map<string, string>;
}

/** What access-audit would read, by ticket. */
export const journalOf = async (mesh: TestMesh, port: number): Promise<Map<string, Journaled>> => {
  const byAccess = new Map<string, Journaled>();
  const at = (journalId: string): Journaled => {
    const known = byAccess.get(journalId) ?? { record: undefined, outcomes: [], parties: new Map() };
    byAccess.set(journalId, known);
    return known;
  };
  const events = mesh.connect(EventsServiceService, port, await mesh.serviceCertificate('access-audit'));
  for (const { event } of await allPublished(events, 'crossroads.access.subscription.v1')) {
    const isDelivery = event.type.endsWith('.delivered');
    const { journalId, releases } = (isDelivery ? AccessJournaled : AccessConcluded).decode(event.data);
    const entry = at(journalId);
    const [delivery] = releases;
    if (delivery) entry.outcomes.push(Outcome.decode(delivery.outcome));
    if (delivery && isDelivery) entry.record = { ...Ask.decode(delivery.ask), ...Behind.decode(delivery.behind) };
    for (const { ask } of isDelivery ? releases : []) {
      const { party, reference } = Ask.decode(ask);
      entry.parties.set(party, reference.toString('hex'));
    }
  }
  events.close();
  return new Map([...byAccess.values()].map((entry) => [entry.record?.ticket ?? '', entry]));
};
