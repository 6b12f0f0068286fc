import { Database } from '@crossroads/database';
import {
  type AnswerCodec,
  Commands,
  type CommandDecision,
  PostgresEventStore,
  type RequestKey,
  Streams,
} from '@crossroads/eventsourcing';
import { PersonQuotas, quotaExhausted } from '@crossroads/policy';
import { Inject, Injectable } from '@nestjs/common';
import type { FoundPerson } from '../lookup/find-persons.js';
import { InstitutionContexts } from '../lookup/institution-contexts.js';
import { PersonLookup } from '../lookup/person-lookup.js';
import { refusalOf } from '../number/number-state.rules.js';
import type { DayRange } from '../period/days.rules.js';
import type { Periods } from '../period/periods.rules.js';
import { GrantedInscriptions } from './granted-inscriptions.js';
import { InscriptionJournal } from './inscription-journal.js';
import { inscriptionCodec } from './inscription.codec.js';
import {
  changesOf,
  eventsOf,
  type Inscribed,
  type InscriptionCommand,
  inscriptionDecider,
  type InscriptionsChanged,
  type Line,
  STREAM_TYPE,
  streamOf,
} from './inscription.decider.js';
import { readRows, writeChanges } from './inscription-rows.js';
import { type LineReason, rejection } from './line-reasons.js';
import type { Inscriber } from './representation.js';
import { SsinSeal } from './ssin-seal.js';

/** A line whose fields are all well-formed. */
export interface ValidLine {
  readonly ssin: string;
  readonly context: string;
  readonly period: DayRange;
}

export interface FileLine extends ValidLine {
  /** Its number in the file, counted from 1. */
  readonly line: number;
}

export interface RefusedLine {
  readonly line: number;
  readonly reason: string;
}

/** What became of the lines of one command. */
export interface Outcome {
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: readonly RefusedLine[];
}

/** A chunk of a file. */
export interface Chunk {
  readonly lines: readonly FileLine[];
  /** Lines that were refused when they were read: they are part of the stored answer. */
  readonly malformed: readonly RefusedLine[];
}

type CommandType = InscriptionCommand['type'];

interface ChunkCommand {
  readonly type: CommandType;
  readonly by: Inscriber;
  /** The id of the request. */
  readonly ticket: string;
  readonly chunk: Chunk;
  /** Whether a refused line rejects the command. */
  readonly rejectsRefusedLines: boolean;
}

type ResolvedLine = Line & { readonly ssin: string };
type RefusedByRule = RefusedLine & { readonly reason: LineReason };

/** The lines that may be inscribed, and the person of each; the others are refused. */
interface Resolved {
  readonly lines: readonly ResolvedLine[];
  readonly persons: readonly FoundPerson[];
  readonly refused: readonly RefusedByRule[];
}

/**
 * Inscribes and uninscribes. The rows that lookups read are written in the transaction of the append, so that a lookup after the
 * answer sees the change. The rows are also the state that is decided on; the expected revision of the stream guards it.
 */
@Injectable()
export class InscriptionCommands {
  private readonly streams: Streams<Inscribed, InscriptionCommand, InscriptionsChanged>;
  /** The last known revision of each institution's stream. */
  private readonly revisions = new Map<string, bigint>();

  constructor(
    private readonly db: Database,
    private readonly commands: Commands,
    store: PostgresEventStore,
    private readonly contexts: InstitutionContexts,
    private readonly persons: PersonLookup,
    private readonly seal: SsinSeal,
    @Inject(PersonQuotas) private readonly quotas: Pick<PersonQuotas, 'takeAll'>,
    @Inject(GrantedInscriptions) private readonly grants: Pick<GrantedInscriptions, 'refusedAmong'>,
    private readonly journal: InscriptionJournal,
  ) {
    this.streams = new Streams(store, {
      type: STREAM_TYPE,
      decider: inscriptionDecider,
      events: { InscriptionsChanged: [] },
      codec: inscriptionCodec,
    });
  }

  /** Whether the line changed anything. @throws Rejection with a `LineReason` */
  async executeLine(type: CommandType, by: Inscriber, line: ValidLine, request: RequestKey): Promise<boolean> {
    const chunk = { lines: [{ line: 1, ...line }], malformed: [] };
    const { changed } = await this.execute({ type, by, chunk, rejectsRefusedLines: true }, request);
    return changed > 0;
  }

  /** Applies the lines of known, valid numbers, and reports the others. */
  executeChunk(type: CommandType, by: Inscriber, chunk: Chunk, request: RequestKey): Promise<Outcome> {
    return this.execute({ type, by, chunk, rejectsRefusedLines: false }, request);
  }

  private execute(command: Omit<ChunkCommand, 'ticket'>, request: RequestKey): Promise<Outcome> {
    const { institution } = command.by;
    return this.commands.execute({
      request,
      answerCodec: outcomeCodec,
      serializeBy: institution,
      retry: { attempts: 8, jitterMs: 0 },
      onFailedAttempt: () => this.revisions.delete(institution),
      decide: () => this.decide({ ...command, ticket: request.requestId }),
    });
  }

  private async decide({
    type,
    by,
    ticket,
    chunk,
    rejectsRefusedLines,
  }: ChunkCommand): Promise<CommandDecision<Outcome>> {
    const { institution } = by;
    // The revision is read first: rows that are read later include at least the events up to it.
    const revision = await this.revisionOf(institution);
    // The policy first: its reasons say nothing of a person.
    const notGranted = type === 'Inscribe' ? this.grants.refusedAmong(institution, chunk.lines) : [];
    const denied = new Set(notGranted.map(({ line }) => line));
    const granted = chunk.lines.filter(({ line }) => !denied.has(line));
    const { lines, persons, refused: notUsable } = await this.resolve(type, institution, granted);
    const refused = [...notGranted, ...notUsable];
    const [first] = refused;
    if (first && rejectsRefusedLines) throw rejection(first.reason);
    const state = await this.stateOf(institution, lines, persons);
    const { changes, changedLines } = changesOf({ type, institution, lines }, state);
    const idOf = await this.contexts.idsOf(institution, [...new Set(changes.map(({ context }) => context))]);
    const rowChanges = changes.map(({ person, context, start, end }) => ({
      person,
      contextId: idOf(context),
      start,
      end,
    }));
    const changed = changedLines.flatMap((index) => {
      const [person, line] = [persons[index], lines[index]];
      return person && line ? [{ ...line, person }] : [];
    });
    const ssins = new Map<number, Buffer>();
    if (type === 'Inscribe')
      for (const { person, ssin } of changed) ssins.set(person.person, this.seal.seal(person.personId, ssin));
    const events = eventsOf(institution, changes);
    const journaled = this.journal.appendsOf({ ...by, ticket, ended: type === 'Uninscribe' }, changed);
    return {
      appends: [await this.streams.append({ streamId: streamOf(institution), revision }, events), ...journaled],
      answer: {
        changed: changedLines.length,
        unchanged: chunk.lines.length - refused.length - changedLines.length,
        refused: [...chunk.malformed, ...refused].sort((a, b) => a.line - b.line),
      },
      writeRows: async (tx) => {
        await writeChanges(tx, rowChanges, ssins);
        tx.afterCommit(() => this.revisions.set(institution, revision + BigInt(events.length)));
      },
    };
  }

  private async resolve(type: CommandType, institution: string, fileLines: readonly FileLine[]): Promise<Resolved> {
    const found = await this.persons.findAll(fileLines);
    const ids = new Set(found.flatMap((person) => person?.entries.map(({ contextId }) => contextId) ?? []));
    const contextOf = await this.contexts.contextsOf(ids);
    const isKnown = ({ entries }: FoundPerson) =>
      entries.some(({ contextId }) => contextOf(contextId).institution === institution);
    const isMissed = (person: FoundPerson | undefined) =>
      person === undefined || (person.state !== 'VALID' && !isKnown(person));
    const isInscribing = type === 'Inscribe';
    // Whom it has a file on already counts no more.
    const added = found.flatMap((person) => (person?.state === 'VALID' && !isKnown(person) ? [person.personId] : []));
    const missed = fileLines.filter((_, index) => isMissed(found[index])).map(({ ssin }) => ssin);
    const addedWithin = await this.quotas.takeAll(institution, 'inscribed', isInscribing ? added : []);
    const missedWithin = await this.quotas.takeAll(institution, 'misses', isInscribing ? missed : []);
    const merged = isInscribing ? new Map<number, number[]>() : await this.mergedInto(found);
    const lines: ResolvedLine[] = [];
    const persons: FoundPerson[] = [];
    const refused: RefusedByRule[] = [];
    fileLines.forEach(({ line, ssin, context, period }, index) => {
      const person = found[index];
      if (person?.state === 'VALID') {
        if (isInscribing && !isKnown(person) && !addedWithin.has(person.personId)) {
          refused.push({ line, reason: quotaExhausted.reason });
          return;
        }
        persons.push(person);
        lines.push({ persons: [person.person, ...(merged.get(person.person) ?? [])], ssin, context, period });
        return;
      }
      const reason = person && isKnown(person) ? refusalOf(person.state) : undefined;
      if (reason !== undefined) refused.push({ line, reason });
      // To uninscribe whoever is not inscribed changes nothing, also when the number is not in use.
      else if (isInscribing)
        refused.push({ line, reason: missedWithin.has(ssin) ? 'NUMBER_NOT_USABLE' : quotaExhausted.reason });
    });
    return { lines, persons, refused };
  }

  /** The persons that were merged into others: what was inscribed of them ends with the survivor's. */
  private async mergedInto(found: readonly (FoundPerson | undefined)[]): Promise<Map<number, number[]>> {
    const survivors = found.flatMap((person) => (person ? [person.person] : []));
    const rows = await this.db.query<{ person: number; survivor: number }>(
      { name: 'merges-of', text: 'select person, survivor from merges where survivor = any($1::int[])' },
      [survivors],
    );
    const merged = new Map<number, number[]>();
    for (const { person, survivor } of rows) merged.set(survivor, [...(merged.get(survivor) ?? []), person]);
    return merged;
  }

  /** What the institution has inscribed of the persons of a command. The lookup gave it already, except for merged persons. */
  private async stateOf(
    institution: string,
    lines: readonly Line[],
    found: readonly FoundPerson[],
  ): Promise<Inscribed> {
    const unmerged = found.filter(({ mergedPersonIds }) => mergedPersonIds.length === 0);
    const rows = new Map(unmerged.map(({ person, entries }) => [person, entries]));
    const others = [...new Set(lines.flatMap(({ persons }) => persons))].filter((person) => !rows.has(person));
    if (others.length > 0) for (const [person, entries] of await readRows(this.db, others)) rows.set(person, entries);
    const contextIds = new Set<number>();
    for (const entries of rows.values()) for (const { contextId } of entries) contextIds.add(contextId);
    const contextOf = await this.contexts.contextsOf(contextIds);
    const state = new Map<number, Map<string, Periods>>();
    for (const [person, entries] of rows) {
      const own = entries.filter(({ contextId }) => contextOf(contextId).institution === institution);
      if (own.length > 0)
        state.set(
          person,
          Map.groupBy(own, ({ contextId }) => contextOf(contextId).context),
        );
    }
    return state;
  }

  private async revisionOf(institution: string): Promise<bigint> {
    const known = this.revisions.get(institution);
    if (known !== undefined) return known;
    const [last] = await this.db.query<{ revision: bigint }>(
      'select revision from es.events where month = 0 and stream_id = $1 order by revision desc limit 1',
      [streamOf(institution)],
    );
    return last?.revision ?? 0n;
  }
}

/** Stored with the append: refused lines as pairs, without their descriptions. */
const outcomeCodec: AnswerCodec<Outcome> = {
  encode: ({ changed, unchanged, refused }) => ({
    changed,
    unchanged,
    refused: refused.map(({ line, reason }) => [line, reason]),
  }),
  decode: (stored) => {
    // Written by `encode` above.
    const { refused, ...counts } = stored as { changed: number; unchanged: number; refused: [number, string][] };
    return { ...counts, refused: refused.map(([line, reason]) => ({ line, reason })) };
  },
};
