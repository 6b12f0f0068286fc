import { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { type Tx } from '@crossroads/database';
import {
  type Json,
  type NewEvent,
  PostgresEventStore,
  type Recorded,
  type StreamAppend,
} from '@crossroads/eventsourcing';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { AccessEntity } from './access.entity.js';
import { AccessRepository, type PageOf, type Position } from './access.repository.js';
import { type AccessEntry, type AccessStep, entryOf, isSelfConsultation } from './access-entry.js';

/** A step with the identity of its event, by which duplicates are recognised. */
export interface ReceivedStep extends AccessStep {
  readonly ceSource: string;
  readonly ceId: string;
}

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
      const seen = new Set((known.get(journalId) ?? []).map(identityOf));
      return { journalId, steps: steps.filter(({ ceSource, ceId }) => isFirst(seen, `${ceSource}\n${ceId}`)) };
    });
    const appends = await this.appendsOf(fresh, known);
    if (appends.length === 0) return 0;
    await store.append(appends);
    await this.accesses.add(tx, rowsOf(fresh.flatMap(({ steps }) => steps)));
    return appends.reduce((sum, { events }) => sum + events.length, 0);
  }

  /** One page of a person's list, newest first, after a position. Accesses whose record was erased are left out. */
  async list(
    personIds: readonly string[],
    { limit, ...of }: PageOf,
  ): Promise<{ readonly entries: readonly AccessEntry[]; readonly next?: Position }> {
    const rows = await this.accesses.page(personIds, { ...of, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const streams = await this.store.readStreams(page.map(({ journalId }) => journalId));
    const steps = await this.open([...streams.values()].flat());
    const byAccess = Map.groupBy(steps, ({ journalId }) => journalId);
    const entries = page.flatMap(({ journalId }) => entryOf(byAccess.get(journalId) ?? []) ?? []);
    return { entries, ...(rows.length > limit && last ? { next: { at: last.at, journalId: last.journalId } } : {}) };
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
                  type: step.record ? 'AccessRecorded' : 'AccessConcluded',
                  data: {
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

  private async open(recorded: readonly Recorded[]): Promise<AccessStep[]> {
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

/** Stands where the sealed content would be, when the person was erased before the entry came. */
const ERASED = '';

const rowsOf = (steps: readonly ReceivedStep[]): AccessEntity[] =>
  steps.flatMap(({ journalId, personId, record }) => {
    if (!record || personId === '') return [];
    const decoded = AccessRecord.decode(record.bytes);
    return [{ journalId, personId, at: decoded.time ?? new Date(0), selfConsultation: isSelfConsultation(decoded) }];
  });

/** A record about a number of no person is sealed as well, under a key of its own. */
const subjectOf = ({ personId, journalId }: AccessStep): string => personId || journalId;

const aadOf = (journalId: string): string => `access/${journalId}`;

const isFirst = (seen: Set<string>, identity: string): boolean => {
  if (seen.has(identity)) return false;
  seen.add(identity);
  return true;
};

const identityOf = ({ data }: Recorded): string => `${textAt(data, 'ceSource')}\n${textAt(data, 'ceId')}`;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const toJson = ({ personId, record, outcome }: AccessStep) => ({
  personId,
  ...(record ? { record: base64(record.bytes), recordSalt: base64(record.salt) } : {}),
  ...(outcome ? { outcome: base64(outcome.bytes), outcomeSalt: base64(outcome.salt) } : {}),
});

const fromJson = (journalId: string, revision: number, value: Json): AccessStep => {
  const bytes = (name: string): Buffer | undefined => {
    const text = optionalTextAt(value, name);
    return text === undefined ? undefined : Buffer.from(text, 'base64');
  };
  const [record, outcome] = [bytes('record'), bytes('outcome')];
  return {
    journalId,
    personId: textAt(value, 'personId'),
    revision,
    ...(record ? { record: { bytes: record, salt: bytes('recordSalt') ?? Buffer.alloc(0) } } : {}),
    ...(outcome ? { outcome: { bytes: outcome, salt: bytes('outcomeSalt') ?? Buffer.alloc(0) } } : {}),
  };
};

const optionalTextAt = (value: Json, name: string): string | undefined => {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof text === 'string' ? text : undefined;
};

const numberAt = (value: Json, name: string): number =>
  Number(typeof value === 'object' && value !== null ? Reflect.get(value, name) : 0);

const textAt = (value: Json, name: string): string => {
  const text = optionalTextAt(value, name);
  if (text === undefined) throw new TypeError(`a stored event without its ${name}`);
  return text;
};
