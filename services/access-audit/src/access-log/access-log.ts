import { Ask, Releases } from '@crossroads/contracts/access/v1/access_record';
import { type Tx } from '@crossroads/database';
import {
  type Json,
  type LogEvent,
  type NewEvent,
  PostgresEventStore,
  type Recorded,
  type StreamAppend,
} from '@crossroads/eventsourcing';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { addFigures, countedByPartition, countingAppends } from './monthly-figures.js';
import type { AccessEntity } from './access.entity.js';
import { AccessRepository, type PageOf, type Position } from './access.repository.js';
import {
  type AccessEntry,
  type AccessStep,
  entryOf,
  hasAsks,
  isSelfConsultation,
  type ListEntry,
} from './access-entry.js';

/** A step with the identity of its event, by which duplicates are recognised. */
export interface ReceivedStep extends AccessStep {
  readonly ceSource: string;
  readonly ceId: string;
}

/** A step that was recorded here, and that its journal no longer has. */
export interface LostStep {
  readonly journalId: string;
  readonly ceSource: string;
  readonly ceId: string;
}

/** Records that one call opens to find those that match a filter. */
const MAX_OPENED = 500;
const OPENED_AT_ONCE = 100;

/** Entries, and where the next page begins. */
interface ListPage {
  readonly entries: readonly ListEntry[];
  readonly next?: Position;
}

/** Type of the event that says that the journal of a step has lost it. */
const LOST = 'AccessLostAtSource';

/** The append-only log of accesses. Each access is a stream, sealed under the key of the person it is about. */
@Injectable()
export class AccessLog {
  constructor(
    private readonly store: PostgresEventStore,
    private readonly sealer: SubjectSealer,
    private readonly accesses: AccessRepository,
  ) {}

  /** In the caller's transaction. Ignores steps that exist; returns how many were new. */
  async add(tx: Tx, received: readonly ReceivedStep[]): Promise<number> {
    const streams = Map.groupBy(received, ({ journalId }) => journalId);
    if (streams.size === 0) return 0;
    const store = this.store.inTransaction(tx);
    const known = await store.readStreams([...streams.keys()]);
    const fresh = [...streams].map(([journalId, steps]) => {
      const seen = new Set((known.get(journalId) ?? []).filter((one) => !isLoss(one)).map(identityOf));
      return { journalId, steps: steps.filter(({ ceSource, ceId }) => isFirst(seen, `${ceSource}\n${ceId}`)) };
    });
    const appends = await this.appendsOf(fresh, known);
    if (appends.length === 0) return 0;
    const lines = fresh.flatMap(({ journalId, steps }) => newLineOf(steps, known.get(journalId) ?? []));
    const counted = countedByPartition(lines);
    await store.append([...appends, ...countingAppends(counted)]);
    await this.accesses.add(tx, rowsOf(fresh.flatMap(({ steps }) => steps)));
    await addFigures(tx, counted);
    return appends.reduce((sum, { events }) => sum + events.length, 0);
  }

  /** Notes in the caller's transaction that the journals of these steps have lost them. Repeating it changes nothing. */
  async noteLost(tx: Tx, lost: readonly LostStep[]): Promise<void> {
    const streams = Map.groupBy(lost, ({ journalId }) => journalId);
    if (streams.size === 0) return;
    const store = this.store.inTransaction(tx);
    const known = await store.readStreams([...streams.keys()]);
    const appends = [...streams].flatMap(([journalId, steps]): StreamAppend[] => {
      const recorded = known.get(journalId) ?? [];
      const noted = new Set(recorded.filter(isLoss).map(identityOf));
      const fresh = steps.filter(({ ceSource, ceId }) => !noted.has(`${ceSource}\n${ceId}`));
      const [first] = recorded;
      if (first === undefined || fresh.length === 0) return [];
      const subject = textAt(first.data, 'subject');
      return [
        {
          streamId: journalId,
          streamType: 'access',
          routingKey: subject,
          expectedRevision: recorded.at(-1)?.revision ?? 0n,
          events: fresh.map(({ ceSource, ceId }) => ({ type: LOST, data: { subject, ceSource, ceId } })),
        },
      ];
    });
    if (appends.length > 0) await store.append(appends);
  }

  /** The rows of the index that these events lead to. The records of versions that did not write them out are opened. */
  async rowsIn(events: readonly LogEvent[]): Promise<AccessEntity[]> {
    const recorded = events.filter(
      ({ type, streamId, data }) => type === RECORDED && textAt(data, 'subject') !== streamId,
    );
    const older = recorded.filter(({ data }) => optionalTextAt(data, 'at') === undefined);
    const opened = new Map(rowsOf(await this.open(older)).map((row) => [row.journalId, row]));
    return recorded.map(({ streamId: journalId, data, recordedAt }) => {
      const at = optionalTextAt(data, 'at');
      if (at === undefined)
        // What was erased tells only when it came.
        return (
          opened.get(journalId) ?? {
            journalId,
            personId: textAt(data, 'subject'),
            at: recordedAt,
            selfConsultation: false,
          }
        );
      return { journalId, personId: textAt(data, 'subject'), at: new Date(at), selfConsultation: flagAt(data, 'own') };
    });
  }

  /** One page of a person's list, newest first, after a position. An access whose record was erased is an entry without content. */
  async list(personIds: readonly string[], { limit, ...of }: PageOf): Promise<ListPage> {
    const rows = await this.accesses.page(personIds, { ...of, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const entries = await this.entriesOf(page);
    return { entries, ...(rows.length > limit && last ? { next: positionOf(last) } : {}) };
  }

  /**
   * The same of the entries that match. What they hold is sealed, so records are opened in turn, and at most `MAX_OPENED` a call: a page
   * may come out short, or empty, with a position from which the next one goes on. What was erased matches nothing.
   */
  async listMatching(
    personIds: readonly string[],
    { limit, after, ...of }: PageOf,
    matches: (entry: AccessEntry) => boolean,
  ): Promise<ListPage> {
    const entries: ListEntry[] = [];
    let position = after;
    for (let opened = 0; opened < MAX_OPENED; ) {
      const size = Math.min(OPENED_AT_ONCE, MAX_OPENED - opened);
      const rows = await this.accesses.page(personIds, { ...of, after: position, limit: size + 1 });
      const page = rows.slice(0, size);
      opened += page.length;
      for (const [n, entry] of (await this.entriesOf(page)).entries()) {
        if (!('erased' in entry) && matches(entry)) entries.push(entry);
        const row = page[n];
        if (row !== undefined) position = positionOf(row);
        if (entries.length === limit)
          return { entries, ...(n + 1 < rows.length && position ? { next: position } : {}) };
      }
      if (rows.length <= size) return { entries };
    }
    return { entries, ...(position ? { next: position } : {}) };
  }

  /** Undefined when it is in none of these persons' lists. */
  async find(personIds: readonly string[], journalId: string): Promise<ListEntry | undefined> {
    const row = await this.accesses.find(personIds, journalId);
    if (row === null) return undefined;
    const [entry] = await this.entriesOf([row]);
    return entry;
  }

  private async entriesOf(page: readonly AccessEntity[]): Promise<ListEntry[]> {
    const streams = await this.store.readStreams(page.map(({ journalId }) => journalId));
    const steps = await this.open([...streams.values()].flat().filter((recorded) => !isLoss(recorded)));
    const byAccess = Map.groupBy(steps, ({ journalId }) => journalId);
    return page.map(({ journalId, at }): ListEntry => {
      const lostAtSource = streams.get(journalId)?.some(isLoss) ?? false;
      return entryOf(byAccess.get(journalId) ?? [], lostAtSource) ?? { journalId, at, erased: true };
    });
  }

  private async appendsOf(
    fresh: readonly { readonly journalId: string; readonly steps: readonly ReceivedStep[] }[],
    known: ReadonlyMap<string, readonly Recorded[]>,
  ): Promise<StreamAppend[]> {
    const all = fresh.flatMap(({ steps }) => steps);
    // Of an erased person an empty entry is kept: the log goes on, and counts what it was told.
    const sealed = await this.sealer.sealAllUnlessForgotten(
      all.map((step) => ({ personId: subjectOf(step), value: toJson(step), aad: aadOf(step.journalId) })),
    );
    const bodies = new Map(all.map((step, index) => [step, sealed[index]]));
    return fresh.flatMap(({ journalId, steps }): StreamAppend[] => {
      const [first] = steps;
      return first === undefined
        ? []
        : [
            {
              streamId: journalId,
              streamType: 'access',
              routingKey: subjectOf(first),
              expectedRevision: known.get(journalId)?.at(-1)?.revision ?? 0n,
              events: steps.map(
                (step): NewEvent => ({
                  type: hasAsks(step) ? RECORDED : 'AccessConcluded',
                  data: {
                    ...rowData(step),
                    subject: subjectOf(step),
                    sealed: bodies.get(step) ?? ERASED,
                    revision: step.revision,
                    ceSource: step.ceSource,
                    ceId: step.ceId,
                  },
                }),
              ),
            },
          ];
    });
  }

  private async open(recorded: readonly Pick<Recorded, 'streamId' | 'data'>[]): Promise<AccessStep[]> {
    const sealed = recorded.filter(({ data }) => textAt(data, 'sealed') !== ERASED);
    const opened = await this.sealer.openAllForSubjects(
      sealed.map(({ streamId, data }) => ({
        personId: textAt(data, 'subject'),
        sealed: textAt(data, 'sealed'),
        aad: aadOf(streamId),
      })),
    );
    return sealed.flatMap(({ streamId, data }, index) => {
      const value = opened[index];
      return value === undefined || value === FORGOTTEN ? [] : [fromJson(streamId, numberAt(data, 'revision'), value)];
    });
  }
}

const positionOf = ({ at, journalId }: AccessEntity): Position => ({ at, journalId });

/** Type of the event that has the record of an access, perhaps with its outcome. */
export const RECORDED = 'AccessRecorded';

/** Stands where the sealed content would be, when the person was erased before the entry came. */
const ERASED = '';

/** The step with which an access becomes a line, unless it is one already. */
const newLineOf = (steps: readonly ReceivedStep[], known: readonly Recorded[]): ReceivedStep[] => {
  const first = steps.find(hasAsks);
  return first === undefined || known.some(({ type }) => type === RECORDED) ? [] : [first];
};

const rowsOf = (steps: readonly AccessStep[]): AccessEntity[] => steps.flatMap(rowOf);

const rowOf = ({ journalId, personId, releases }: AccessStep): AccessEntity[] => {
  const [first] = releases.filter(({ ask }) => ask.length > 0);
  if (!first || personId === '') return [];
  const ask = Ask.decode(first.ask);
  return [{ journalId, personId, at: ask.time ?? new Date(0), selfConsultation: isSelfConsultation(ask) }];
};

/** What the row of a record says, so that the index can be made again without opening the record. */
const rowData = (step: AccessStep): { readonly at?: string; readonly own?: boolean } => {
  const [row] = rowOf(step);
  return row === undefined ? {} : { at: row.at.toISOString(), own: row.selfConsultation };
};

/** A record about a number of no person is sealed as well, under a key of its own. */
const subjectOf = ({ personId, journalId }: AccessStep): string => personId || journalId;

const aadOf = (journalId: string): string => `access/${journalId}`;

const isFirst = (seen: Set<string>, identity: string): boolean => {
  if (seen.has(identity)) return false;
  seen.add(identity);
  return true;
};

const isLoss = ({ type }: Recorded): boolean => type === LOST;

const identityOf = ({ data }: Recorded): string => `${textAt(data, 'ceSource')}\n${textAt(data, 'ceId')}`;

const toJson = ({ personId, releases }: AccessStep) => ({
  personId,
  releases: Buffer.from(Releases.encode({ releases }).finish()).toString('base64'),
});

const fromJson = (journalId: string, revision: number, value: Json): AccessStep => ({
  journalId,
  personId: textAt(value, 'personId'),
  revision,
  releases: Releases.decode(Buffer.from(textAt(value, 'releases'), 'base64')).releases,
});

const optionalTextAt = (value: Json, name: string): string | undefined => {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof text === 'string' ? text : undefined;
};

const flagAt = (value: Json, name: string): boolean =>
  typeof value === 'object' && value !== null && Reflect.get(value, name) === true;

const numberAt = (value: Json, name: string): number =>
  Number(typeof value === 'object' && value !== null ? Reflect.get(value, name) : 0);

const textAt = (value: Json, name: string): string => {
  const text = optionalTextAt(value, name);
  if (text === undefined) throw new TypeError(`a stored event without its ${name}`);
  return text;
};
