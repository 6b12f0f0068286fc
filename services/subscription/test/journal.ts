import { allPublished } from '@crossroads/testing/mesh';
import { AccessOutcome, AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import type { TestMesh } from '@crossroads/testing/mesh';

export interface Journaled {
  record: AccessRecord | undefined;
  readonly outcomes: AccessOutcome[];
}

/** What access-audit would read, by ticket. */
export const journalOf = async (mesh: TestMesh, port: number): Promise<Map<string, Journaled>> => {
  const journal = new Map<string, Journaled>();
  const at = (ticket: string): Journaled => {
    const known = journal.get(ticket) ?? { record: undefined, outcomes: [] };
    journal.set(ticket, known);
    return known;
  };
  const events = mesh.connect(EventsServiceService, port, await mesh.serviceCertificate('access-audit'));
  for (const { event } of await allPublished(events, 'crossroads.access.subscription.v1')) {
    const isDelivery = event.type.endsWith('.delivered');
    const { outcome } = isDelivery ? AccessJournaled.decode(event.data) : AccessConcluded.decode(event.data);
    const decoded = AccessOutcome.decode(outcome);
    const entry = at(decoded.ticket);
    entry.outcomes.push(decoded);
    if (isDelivery) entry.record = AccessRecord.decode(AccessJournaled.decode(event.data).record);
  }
  return journal;
};
