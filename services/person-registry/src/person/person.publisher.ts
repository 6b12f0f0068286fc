import { ServiceIdentity } from '@crossroads/configuration';
import { OwnDataLooked } from '@crossroads/contracts/access/v1/events';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { erasureReasonFromJSON } from '@crossroads/contracts/person/v1/erasure_service';
import {
  NumberChange,
  NumberChanged,
  PersonErasureOrdered,
  PersonsMerged,
} from '@crossroads/contracts/person/v1/events';
import type { Recorded } from '@crossroads/eventsourcing';
import { datePartsOf, dayOf } from '@crossroads/identifiers';
import {
  type EventPublisher,
  NOT_PUBLISHED,
  type Publication,
  type PublishedTypes,
  publicationOf,
  Publisher,
} from '@crossroads/messaging';
import { OWN_DATA_LOOKED, ownDataLooked } from '@crossroads/sign-in';
import { OWN_PERSON_LOOKED, PERSON_TOPIC, personRegistry } from '@crossroads/topology';
import { NumberCodec } from '../number/number.codec.js';
import { groupsOf } from './facts.js';
import {
  ALL_GROUPS,
  groupsShowing,
  IDENTIFICATION,
  identificationOf,
  laterOf,
  publishedIdentification,
} from './identification.js';
import { isMerge, PersonCodec } from './person.codec.js';
import type { MergeEvent } from './person.decider.js';
import { Persons } from './persons.js';
import { proposalStatedMessage } from './proposal-stated.message.js';

/** Publishes the life of numbers, which persons are one, and what a person is after each change. Events within 20 ms share a batch. */
@Publisher({ topics: { [PERSON_TOPIC]: 'main' }, paceMs: 20 })
export class PersonPublisher implements EventPublisher {
  readonly types: PublishedTypes = {
    NumberAssigned: (recorded) => this.numberChanged(recorded),
    NumberReplaced: (recorded) => this.numberChanged(recorded),
    NumberMoved: (recorded) => this.numberChanged(recorded),
    NumberUnreplaced: (recorded) => this.numberChanged(recorded),
    NumberCanceled: (recorded) => this.numberChanged(recorded),
    NumberReleased: (recorded) => this.numberChanged(recorded),
    ReplacementGained: NOT_PUBLISHED,
    ReplacementLost: NOT_PUBLISHED,
    PersonRegistered: (recorded) => this.personChanged(recorded),
    PersonChanged: (recorded) => this.personChanged(recorded),
    PersonReasserted: (recorded) => this.personReasserted(recorded),
    PersonMerged: (recorded) => this.personChanged(recorded),
    PersonSeparated: (recorded) => this.personChanged(recorded),
    MergesChanged: (recorded) => this.personChanged(recorded),
    MergeContested: (recorded) => this.personChanged(recorded),
    ProposalStated: (recorded) => this.proposalStated(recorded),
    // Persons are told by the statements in their own streams.
    ProposalMade: NOT_PUBLISHED,
    ProposalConfirmed: NOT_PUBLISHED,
    ProposalContested: NOT_PUBLISHED,
    ProposalTookEffect: NOT_PUBLISHED,
    ProposalLapsed: NOT_PUBLISHED,
    PersonErasureOrdered: (recorded) => this.erasureOrdered(recorded),
    // Nothing is published about a person who was erased.
    PersonForgotten: NOT_PUBLISHED,
    ErasureOrdered: NOT_PUBLISHED,
    ErasureAcknowledged: NOT_PUBLISHED,
    [OWN_DATA_LOOKED]: (recorded) => this.looked(recorded),
  };

  constructor(
    private readonly service: ServiceIdentity,
    private readonly numberCodec: NumberCodec,
    private readonly personCodec: PersonCodec,
    private readonly persons: Persons,
  ) {}

  private async numberChanged(recorded: Recorded): Promise<Publication | undefined> {
    const { type, data } = await this.numberCodec.fromStored(recorded);
    const changed = (
      name: string,
      change: NumberChange,
      rest: Partial<NumberChanged> & Pick<NumberChanged, 'personId'>,
    ) =>
      this.publication(
        recorded,
        `numbers.notify.${name}`,
        rest.personId,
        NumberChanged.encode({
          ssinIndex: recorded.streamId,
          change,
          replacedByIndex: '',
          previousPersonId: '',
          ...rest,
        }).finish(),
      );
    switch (type) {
      case 'NumberAssigned':
        return changed('assigned', NumberChange.NUMBER_CHANGE_ASSIGNED, { personId: data.personId });
      case 'NumberReplaced':
      case 'NumberMoved':
        return changed('replaced', NumberChange.NUMBER_CHANGE_REPLACED, {
          personId: data.personId,
          replacedByIndex: data.byIndex,
          previousPersonId: previousOf(data),
        });
      case 'NumberUnreplaced':
        return changed('unreplaced', NumberChange.NUMBER_CHANGE_UNREPLACED, {
          personId: data.personId,
          previousPersonId: previousOf(data),
        });
      case 'NumberCanceled':
      case 'NumberReleased':
        return changed('canceled', NumberChange.NUMBER_CHANGE_CANCELED, { personId: data.personId });
      case 'ReplacementGained':
      case 'ReplacementLost':
        return undefined;
    }
  }

  private erasureOrdered(recorded: Recorded): Publication {
    const { reason } = recorded.data as { readonly reason: string };
    const message = PersonErasureOrdered.encode({
      personId: recorded.streamId,
      reason: erasureReasonFromJSON(reason),
      orderedTime: recorded.recordedAt,
    }).finish();
    return this.publication(recorded, 'persons.notify.erasure_ordered', recorded.streamId, message);
  }

  private async looked(recorded: Recorded): Promise<Publication> {
    const look = ownDataLooked(recorded);
    const type = OWN_PERSON_LOOKED.slice(PERSON_TOPIC.length + 1);
    return this.publication(recorded, type, look.personId, OwnDataLooked.encode(look).finish());
  }

  private merged(recorded: Recorded, { data }: MergeEvent): Publication {
    const message = PersonsMerged.encode({
      personIds: [...data.personIds],
      survivorPersonId: data.survivor,
      mergeTime: new Date(data.at),
      contestedPersonIds: [...data.contested],
    }).finish();
    return this.publication(recorded, 'persons.notify.merged', recorded.streamId, message);
  }

  private async proposalStated(recorded: Recorded): Promise<Publication | undefined> {
    const event = await this.personCodec.fromStored(recorded);
    if (event.type !== 'ProposalStated') return undefined;
    const message = proposalStatedMessage(recorded.streamId, event);
    return this.publication(recorded, 'persons.notify.proposal_stated', recorded.streamId, message);
  }

  /** Of a report: the state after it, as of the day on which it was recorded: the same bytes at each repetition. */
  private async personChanged(recorded: Recorded): Promise<Publication | undefined> {
    const event = await this.personCodec.fromStored(recorded);
    // Nothing is published about a person who was erased.
    if (isMerge(event)) return this.merged(recorded, event);
    if (event.type !== 'PersonRegistered' && event.type !== 'PersonChanged') return undefined;
    const { ssin, facts, reporter } = event.data;
    const { state } = await (recorded.revision > 1n
      ? this.persons.loadAfterEvent(recorded)
      : this.persons.fold(recorded.streamId, [recorded]));

    const starts = facts.flatMap(({ period }) => (period.start === undefined ? [] : [period.start])).sort();
    const today = dayOf(recorded.recordedAt);
    const changedFieldGroups = groupsOf(facts).flatMap(groupsShowing);
    const mutation = Mutation.encode({
      personId: recorded.streamId,
      ssin,
      dataService: IDENTIFICATION,
      sourceRevision: state.sourceRevision,
      changedFieldGroups,
      // A fact that begins later is published as it will be then, since nothing is published when the day comes.
      data: identificationOf(state.facts, laterOf(today, starts.at(-1)), changedFieldGroups),
      effectiveDate: datePartsOf(starts[0] ?? today),
      recordedTime: recorded.recordedAt,
      reporter,
      reasserted: false,
    }).finish();
    return this.publication(recorded, 'persons.notify.changed', recorded.streamId, mutation);
  }

  /** All field groups, also those of which nothing is known: subscribers may hold something that was lost here. */
  private async personReasserted(recorded: Recorded): Promise<Publication | undefined> {
    const event = await this.personCodec.fromStored(recorded);
    if (event.type !== 'PersonReasserted') return undefined;
    const { state } = await this.persons.loadAfterEvent(recorded);
    const today = dayOf(recorded.recordedAt);
    const mutation = Mutation.encode({
      personId: recorded.streamId,
      ssin: event.data.ssin,
      dataService: IDENTIFICATION,
      sourceRevision: state.sourceRevision,
      changedFieldGroups: [...ALL_GROUPS],
      data: publishedIdentification(state.facts, today),
      effectiveDate: datePartsOf(today),
      recordedTime: recorded.recordedAt,
      reporter: `service:${personRegistry.name}`,
      reasserted: true,
    }).finish();
    return this.publication(recorded, 'persons.notify.changed', recorded.streamId, mutation);
  }

  private publication(recorded: Recorded, type: string, key: string, data: Uint8Array): Publication {
    const source = this.service.urn;
    return publicationOf(recorded, {
      topic: PERSON_TOPIC,
      source,
      type: `${PERSON_TOPIC}.${type}`,
      service: PERSON_TOPIC,
      key,
      data,
    });
  }
}

const previousOf = ({ personId, previousPersonId }: { personId: string; previousPersonId: string }): string =>
  previousPersonId === personId ? '' : previousPersonId;
