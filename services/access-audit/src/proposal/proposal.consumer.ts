import { AccessKind, AccessResult, Ask, Behind } from '@crossroads/contracts/access/v1/access_record';
import { ProposalStated } from '@crossroads/contracts/person/v1/proposal';
import type { Tx } from '@crossroads/database';
import {
  type CloudEvent,
  Consumer,
  type EventConsumer,
  type PhantomRange,
  type PhantomWork,
  type Reading,
  type RestoredLog,
} from '@crossroads/messaging';
import { OWN_PERSON_LOOKED, PERSON_TOPIC, PROPOSAL_STATED } from '@crossroads/topology';
import { beginRelease, NO_PARTY, outcomeWithoutData, releaseMessage } from '@crossroads/transparency';
import { AccessLog, type ReceivedStep } from '../access-log/access-log.js';
import { LostAccesses } from '../access-log/lost-accesses.js';
import { ownLookIn } from '../journal/own-look.reader.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Tells each person what officials do about the person's numbers, one entry a step, under the id of the registry's event; and that they
 * looked at what the registry keeps about them.
 */
@Consumer(PERSON_TOPIC, { types: [PROPOSAL_STATED, OWN_PERSON_LOOKED] })
export class ProposalConsumer implements EventConsumer<ReceivedStep> {
  constructor(
    private readonly log: AccessLog,
    private readonly lost: LostAccesses,
  ) {}

  read(events: readonly CloudEvent[]): Reading<ReceivedStep>[] {
    return events.map((event) => {
      const step = event.type === OWN_PERSON_LOOKED ? lookOf(event) : stepOf(event);
      return step === undefined ? { items: [], unreadable: 'UNREADABLE' } : { items: [step] };
    });
  }

  async handle(steps: readonly ReceivedStep[], tx: Tx): Promise<void> {
    await this.log.add(tx, steps);
  }

  /** Persons have been shown these entries, so they stay; the list says that the registry has lost them. */
  async onPhantoms(range: PhantomRange, log: RestoredLog): Promise<PhantomWork> {
    const lost = await this.lost.find(range, log);
    return {
      apply: (tx) => this.log.noteLost(tx, lost),
      report: [
        `${lost.length} statements about numbers and looks at what is one's own are lost at ${range.source}: they stay in the lists, marked.`,
      ],
    };
  }
}

const lookOf = (event: CloudEvent): ReceivedStep | undefined => {
  try {
    const step = ownLookIn(event);
    return step.personId === event.key ? { ...step, ceSource: event.source, ceId: event.id } : undefined;
  } catch {
    return undefined;
  }
};

const stepOf = ({ id, key, source, data }: CloudEvent): ReceivedStep | undefined => {
  try {
    const { personId, statement, reporter, officialRole, officialId, time } = ProposalStated.decode(data);
    if (!statement || !time || personId !== key || !UUID.test(personId) || !UUID.test(id)) return undefined;
    const release = beginRelease(
      Ask.fromPartial({
        party: NO_PARTY,
        customer: reporter,
        kind: AccessKind.ACCESS_KIND_NUMBER_PROPOSAL,
        proposal: statement,
      }),
      Behind.fromPartial({ ticket: statement.proposalId, officialRole, officialId }),
      time,
    );
    const outcome = outcomeWithoutData(AccessResult.ACCESS_RESULT_ANSWERED, time);
    const releases = [releaseMessage({ ...release, outcome })];
    return { journalId: id, personId, revision: 1, releases, ceSource: source, ceId: id };
  } catch {
    return undefined;
  }
};
