import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import type { Recorded, StreamReader } from '@crossroads/eventsourcing';
import { datePartsOf, dayOf, type IsoDay } from '@crossroads/identifiers';
import { type Publication, type Published, publicationOf } from '@crossroads/messaging';
import { groupsOf } from './domain/person.js';
import { IDENTIFICATION, identificationOf, shownIn } from './identification.js';
import { NUMBER, PERSON, type People } from './people.js';

export const TOPIC = 'crossroads.person.v1';
const SOURCE = 'urn:crossroads:service:person-registry';
const SERVICE = 'crossroads.person.v1';

/** What others learn of the log: the life of numbers, and what persons are after each change. */
export const publishedFrom =
  (people: People, store: StreamReader): Published =>
  (recorded) => {
    if (recorded.streamType === NUMBER) return numberChanged(people, recorded);
    if (recorded.streamType === PERSON) return mutation(people, store, recorded);
    return undefined;
  };

const numberChanged = async (people: People, recorded: Recorded): Promise<Publication | undefined> => {
  const { type, data } = await people.numberCodec.fromStored(recorded);
  const changed = (name: string, change: NumberChange, rest: Partial<NumberChanged> & { readonly personId: string }) =>
    publication(recorded, `numbers.notify.${name}`, rest.personId, {
      ssinIndex: recorded.streamId,
      change,
      replacedByIndex: '',
      previousPersonId: '',
      ...rest,
    });
  switch (type) {
    case 'NumberAssigned':
      return changed('assigned', NumberChange.NUMBER_CHANGE_ASSIGNED, { personId: data.personId });
    case 'NumberReplaced':
    case 'NumberMoved':
      return changed('replaced', NumberChange.NUMBER_CHANGE_REPLACED, {
        personId: data.personId,
        replacedByIndex: data.byIndex,
        previousPersonId: another(data),
      });
    case 'NumberUnreplaced':
      return changed('unreplaced', NumberChange.NUMBER_CHANGE_UNREPLACED, {
        personId: data.personId,
        previousPersonId: another(data),
      });
    case 'NumberCanceled':
    case 'NumberReleased':
      return changed('canceled', NumberChange.NUMBER_CHANGE_CANCELED, { personId: data.personId });
    case 'ReplacementGained':
    case 'ReplacementLost':
      return undefined;
  }
};

const another = ({ personId, previousPersonId }: { personId: string; previousPersonId: string }): string =>
  previousPersonId === personId ? '' : previousPersonId;

const publication = (recorded: Recorded, type: string, key: string, body: NumberChanged): Publication =>
  publicationOf(recorded, {
    topic: TOPIC,
    source: SOURCE,
    type: `${SERVICE}.${type}`,
    service: SERVICE,
    key,
    data: NumberChanged.encode(body).finish(),
  });

/** The same bytes whenever it is asked: the state after the event, as of the day on which it was recorded. */
const mutation = async (people: People, store: StreamReader, recorded: Recorded): Promise<Publication | undefined> => {
  const event = await people.personCodec.fromStored(recorded);
  // Nothing is told any more of who was erased.
  if (event.type === 'PersonForgotten') return undefined;
  const { ssin, facts, reporter } = event.data;
  const streams = recorded.revision > 1n ? await store.readStreams([recorded.streamId]) : undefined;
  const before = streams?.get(recorded.streamId) ?? [];
  const until = [...before.filter(({ revision }) => revision < recorded.revision), recorded];
  const { state } = await people.foldPerson(recorded.streamId, until);

  const starts = facts.flatMap(({ period }) => (period.start === undefined ? [] : [period.start])).sort();
  const today = dayOf(recorded.recordedAt);
  const changedFieldGroups = groupsOf(facts).flatMap(shownIn);
  const body: Mutation = {
    personId: recorded.streamId,
    ssin,
    dataService: IDENTIFICATION,
    sourceRevision: state.sourceRevision,
    changedFieldGroups,
    // What begins later is shown as it will be then: whoever is told now is not told again.
    data: identificationOf(state.facts, latest(today, starts.at(-1)), changedFieldGroups),
    effectiveDate: datePartsOf(starts[0] ?? today),
    recordedTime: recorded.recordedAt,
    reporter,
  };
  return publicationOf(recorded, {
    topic: TOPIC,
    source: SOURCE,
    type: `${SERVICE}.persons.notify.changed`,
    service: SERVICE,
    key: recorded.streamId,
    data: Mutation.encode(body).finish(),
  });
};

const latest = (a: IsoDay, b: IsoDay | undefined): IsoDay => (b === undefined || a > b ? a : b);
