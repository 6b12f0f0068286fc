import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { dayOf } from '@crossroads/identifiers';
import { type CloudEvent, Consumer, type EventConsumer, type Reading } from '@crossroads/messaging';
import { PolicyFollower } from '@crossroads/policy';
import { NoticeRules } from './notice-rules.js';
import { NoticeSettings } from './notice.settings.js';
import { type NoticeValues, partialDayOf } from './notice-text.rules.js';
import { type Notice, Notices } from './notices.js';
import { PersonLookup } from './person-lookup.js';

type Received = { readonly event: CloudEvent; readonly mutation: Mutation } | { readonly unreadable: string };

/** Tells persons of changes that were registered about them. */
@Consumer('crossroads.person.v1', { types: ['crossroads.person.v1.persons.notify.changed'] })
export class MutationNoticeConsumer implements EventConsumer<Notice> {
  private readonly operator: string;

  constructor(
    private readonly rules: NoticeRules,
    private readonly notices: Notices,
    private readonly persons: PersonLookup,
    private readonly policy: PolicyFollower,
    { OPERATOR_ENTERPRISE_NUMBER }: NoticeSettings,
  ) {
    this.operator = OPERATOR_ENTERPRISE_NUMBER;
  }

  async read(events: readonly CloudEvent[]): Promise<Reading<Notice>[]> {
    const received = events.map(receive);
    const concerned = received.flatMap((one) =>
      'mutation' in one && this.rulesFor(one.mutation).length > 0 ? [one] : [],
    );
    const personIds = [...new Set(concerned.map(({ mutation }) => mutation.personId))];
    // Their inscriptions are of no interest here: those of one institution are the fewest.
    const found = await this.persons.find(personIds, this.operator);
    const ids = new Map(personIds.map((personId, index) => [personId, found[index]?.ids]));
    return received.map((one) => {
      if ('unreadable' in one) return { items: [], unreadable: one.unreadable };
      const { event, mutation } = one;
      const { personId } = mutation;
      const items = this.rulesFor(mutation).map((rule): Notice => {
        const cause = `${event.source}/${event.id}`;
        return {
          rule,
          cause,
          personId,
          ownerIds: ids.get(personId) ?? [personId],
          values: this.valuesOf(event, mutation),
          happenedAt: mutation.recordedTime,
        };
      });
      return { items };
    });
  }

  /** Messages are stored before the cursor: a repetition finds them. */
  handle(notices: readonly Notice[]): Promise<void> {
    return this.notices.publish(notices);
  }

  /** A re-assertion changes nothing that a person was not told of. */
  private rulesFor({ dataService, changedFieldGroups, reasserted }: Mutation) {
    if (reasserted) return [];
    return this.rules.ofMutations.filter(({ when: { mutation } }) => {
      return mutation.dataService === dataService && changedFieldGroups.includes(mutation.fieldGroup);
    });
  }

  private valuesOf(event: CloudEvent, { dataService, reporter, effectiveDate, recordedTime }: Mutation): NoticeValues {
    const policy = this.policy.policy();
    // What a service of the mesh reports comes from who operates it.
    const institution = policy.institution(reporter) ?? policy.institution(this.operator);
    return {
      institution: institution?.name ?? this.operator,
      dataService: policy.dataService(dataService)?.title ?? dataService,
      effectiveDay: effectiveDate ?? partialDayOf(dayOf(recordedTime ?? event.time)),
    };
  }
}

const receive = (event: CloudEvent): Received => {
  let mutation: Mutation;
  try {
    mutation = Mutation.decode(event.data);
  } catch {
    return { unreadable: 'UNREADABLE' };
  }
  return mutation.personId === event.key ? { event, mutation } : { unreadable: 'KEY_OF_ANOTHER_PERSON' };
};
