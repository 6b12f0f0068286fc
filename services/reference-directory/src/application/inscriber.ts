import { type Database } from '@crossroads/database';
import {
  type AnswerCodec,
  Commands,
  type Decision,
  type NewEvent,
  type PostgresEventStore,
  type RequestKey,
} from '@crossroads/eventsourcing';
import type { BlindIndex } from '@crossroads/privacy';
import type { Days } from '../domain/days.js';
import {
  type AskedLine,
  decide,
  type Inscribed,
  type InscriptionCommand,
  type InscriptionsChanged,
  STREAM_TYPE,
  streamOf,
} from '../domain/inscriptions.js';
import type { Periods } from '../domain/periods.js';
import type { Files } from '../view/files.js';
import { readRows, writeChanges } from '../view/inscription-rows.js';
import { type Found, lookup } from '../view/lookup.js';
import { soughtSsin } from '../view/numbers.js';
import type { SsinSeal } from '../view/ssin-seal.js';
import { type NumberReason, reasonAgainst, rejection } from './number-reasons.js';

/** A line that the edge has found well formed. */
export interface CheckedLine {
  /** Its place in the file, counted from 1. */
  readonly line: number;
  readonly ssin: string;
  readonly context: string;
  readonly period: Days;
}

export interface Refused {
  readonly line: number;
  readonly reason: string;
}

/** What became of the lines of one command. */
export interface Outcome {
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: readonly Refused[];
}

export interface InscriberOptions {
  readonly db: Database;
  readonly store: PostgresEventStore;
  readonly files: Files;
  readonly index: BlindIndex;
  readonly seal: SsinSeal;
}

/**
 * Inscribes and uninscribes. The rows that answer are written in the transaction of the append, so that whoever asks after
 * the answer sees the change; the stream's revision guards the state that was decided on, which is read from the rows.
 */
export class Inscriber {
  private readonly revisions = new Map<string, bigint>();
  private readonly commands: Commands;

  constructor(private readonly options: InscriberOptions) {
    this.commands = new Commands(options.store, options.db);
  }

  /** One line. @throws Rejection with a `NumberReason` */
  async one(
    type: InscriptionCommand['type'],
    institution: string,
    line: Omit<CheckedLine, 'line'>,
    request: RequestKey,
  ): Promise<{ readonly changed: boolean }> {
    const { changed } = await this.many(type, institution, [{ line: 1, ...line }], request, [], (refused) => {
      throw rejection(refused);
    });
    return { changed: changed > 0 };
  }

  /** A chunk of a file. `malformed` are the lines that the edge refused: they belong to the answer that is kept. */
  many(
    type: InscriptionCommand['type'],
    institution: string,
    lines: readonly CheckedLine[],
    request: RequestKey,
    malformed: readonly Refused[] = [],
    onRefused: (refused: NumberReason) => void = () => undefined,
  ): Promise<Outcome> {
    return this.commands.execute({
      request,
      answerCodec: kept,
      serializeBy: institution,
      retry: { attempts: 8, jitterMs: 0 },
      onFailedAttempt: () => this.revisions.delete(institution),
      decide: () => this.decide(type, institution, lines, malformed, onRefused),
    });
  }

  private async decide(
    type: InscriptionCommand['type'],
    institution: string,
    lines: readonly CheckedLine[],
    malformed: readonly Refused[],
    onRefused: (refused: NumberReason) => void,
  ): Promise<Decision<Outcome>> {
    const { seal } = this.options;
    // The revision first: rows that are read later hold at least what led to it, and the append holds if it is still the last.
    const revision = await this.revisionOf(institution);
    const { asked, refused, found } = await this.resolve(type, lines, onRefused);
    const state = await this.stateOf(institution, asked, found);
    const { events, changes, changing } = decide({ type, institution, lines: asked }, state);
    const outcome: Outcome = {
      changed: changing.length,
      unchanged: asked.length - changing.length,
      refused: [...malformed, ...refused].sort((a, b) => a.line - b.line),
    };
    const files = await this.options.files.numbersOf(institution, [...new Set(changes.map(({ context }) => context))]);
    const ssins = new Map<number, Buffer>();
    for (const place of changing) {
      const [who, line] = [found[place], asked[place]];
      if (type === 'Inscribe' && who && line) ssins.set(who.person, seal.seal(who.personId, line.ssin));
    }
    const append = { streamId: streamOf(institution), streamType: STREAM_TYPE, expectedRevision: revision };
    const numbered = changes.map(({ person, context, start, end }) => ({
      person,
      start,
      end,
      file: fileOf(files, context),
    }));
    return {
      appends: [{ ...append, events: events.map(toNewEvent) }],
      answer: outcome,
      writeRows: async (tx) => {
        await writeChanges(tx, numbered, ssins);
        tx.afterCommit(() => this.revisions.set(institution, revision + BigInt(events.length)));
      },
    };
  }

  private async resolve(
    type: InscriptionCommand['type'],
    lines: readonly CheckedLine[],
    onRefused: (refused: NumberReason) => void,
  ) {
    const { db, index } = this.options;
    const all = await lookup(
      db,
      lines.map(({ ssin }) => soughtSsin(index, ssin)),
    );
    const families = type === 'Uninscribe' ? await this.familiesOf(all) : new Map<number, number[]>();
    const refused: Refused[] = [];
    const asked: (AskedLine & { readonly ssin: string })[] = [];
    const found: Found[] = [];
    lines.forEach(({ line, ssin, context, period }, place) => {
      const who = all[place];
      const reason = reasonAgainst(who);
      if (reason !== undefined || !who) {
        onRefused(reason ?? 'UNKNOWN_SSIN');
        refused.push({ line, reason: reason ?? 'UNKNOWN_SSIN' });
        return;
      }
      found.push(who);
      asked.push({ persons: [who.person, ...(families.get(who.person) ?? [])], ssin, context, period });
    });
    return { asked, refused, found };
  }

  /** Who became one with a person: what was inscribed under their old numbers ends, too. */
  private async familiesOf(found: readonly (Found | undefined)[]): Promise<Map<number, number[]>> {
    const persons = found.flatMap((who) => (who ? [who.person] : []));
    const rows = await this.options.db.query<{ person: number; survivor: number }>(
      { name: 'merges-of', text: 'select person, survivor from merges where survivor = any($1::int[])' },
      [persons],
    );
    const families = new Map<number, number[]>();
    for (const { person, survivor } of rows) families.set(survivor, [...(families.get(survivor) ?? []), person]);
    return families;
  }

  /** What the institution has inscribed of the persons of a command: looked up with them, but for those that became one. */
  private async stateOf(institution: string, asked: readonly AskedLine[], found: readonly Found[]): Promise<Inscribed> {
    const alone = found.filter(({ mergedPersonIds }) => mergedPersonIds.length === 0);
    const rows = new Map(alone.map(({ person, entries }) => [person, entries]));
    const others = [...new Set(asked.flatMap(({ persons }) => persons))].filter((person) => !rows.has(person));
    if (others.length > 0)
      for (const [person, entries] of await readRows(this.options.db, others)) rows.set(person, entries);
    const fileNumbers = new Set<number>();
    for (const entries of rows.values()) for (const { file } of entries) fileNumbers.add(file);
    const fileAt = await this.options.files.of(fileNumbers);
    const state = new Map<number, Map<string, Periods>>();
    for (const [person, entries] of rows) {
      const own = entries.filter(({ file }) => fileAt(file).institution === institution);
      if (own.length > 0)
        state.set(
          person,
          Map.groupBy(own, ({ file }) => fileAt(file).context),
        );
    }
    return state;
  }

  private async revisionOf(institution: string): Promise<bigint> {
    const known = this.revisions.get(institution);
    if (known !== undefined) return known;
    const [last] = await this.options.db.query<{ revision: bigint }>(
      'select revision from es.events where stream_id = $1 order by revision desc limit 1',
      [streamOf(institution)],
    );
    return last?.revision ?? 0n;
  }
}

const toNewEvent = ({ type, data }: InscriptionsChanged): NewEvent => ({ type, data });

const fileOf = (files: ReadonlyMap<string, number>, context: string): number => {
  const file = files.get(context);
  if (file === undefined) throw new Error('a file was not numbered');
  return file;
};

/** Kept for good: refused lines as pairs, without their descriptions. */
const kept: AnswerCodec<Outcome> = {
  encode: ({ changed, unchanged, refused }) => ({
    changed,
    unchanged,
    refused: refused.map(({ line, reason }) => [line, reason]),
  }),
  decode: (answer) => {
    const { refused, ...counts } = answer as { changed: number; unchanged: number; refused: [number, string][] };
    return { ...counts, refused: refused.map(([line, reason]) => ({ line, reason })) };
  },
};
