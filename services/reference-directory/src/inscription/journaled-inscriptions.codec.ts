import { type Json, storedText } from '@crossroads/eventsourcing';
import type { DayRange } from '../period/days.rules.js';
import { PackedReader, PackedWriter } from '../period/packed.codec.js';

/** One line that an institution stated, with the persons by number. */
export interface JournaledLine extends DayRange {
  /** Whose number was named, apart from merges: the person who is told. */
  readonly person: number;
  /** In whose row the inscription and the sealed SSIN are: that of the survivor, where persons were merged. */
  readonly row: number;
  readonly context: string;
}

/** What the journal keeps of a command. No SSIN: that is in the row, where erasing the person removes it. */
export interface JournaledInscriptions {
  readonly institution: string;
  readonly peer: string;
  readonly application: string;
  readonly ticket: string;
  readonly policyRevision: bigint;
  readonly ended: boolean;
  readonly lines: readonly JournaledLine[];
}

/** Lines are packed, and keep their order: a line is known by its place. */
export const toJournal = ({ lines, policyRevision, ...stated }: JournaledInscriptions) => {
  const contexts = [...new Set(lines.map(({ context }) => context))];
  const indexes = new Map(contexts.map((context, index) => [context, index]));
  const writer = new PackedWriter();
  for (const { person, row, context, ...period } of lines)
    writer
      .number(person)
      .number(row)
      .number(indexes.get(context) ?? 0)
      .period(period);
  const packed = writer.bytes().toString('base64');
  return { ...stated, policyRevision: policyRevision.toString(), contexts, packed } satisfies Json;
};

/** @throws RangeError when the stored bytes are damaged */
export const fromJournal = (stored: Json): JournaledInscriptions => {
  // Written by `toJournal` above.
  const { contexts, ended } = stored as unknown as { readonly contexts: readonly string[]; readonly ended: boolean };
  const reader = new PackedReader(Buffer.from(storedText(stored, 'packed'), 'base64'));
  const lines: JournaledLine[] = [];
  while (!reader.done) {
    const [person, row, index] = [reader.number(), reader.number(), reader.number()];
    const context = contexts[index];
    if (context === undefined) throw new RangeError('the event has no such context');
    lines.push({ person, row, context, ...reader.period() });
  }
  return {
    institution: storedText(stored, 'institution'),
    peer: storedText(stored, 'peer'),
    application: storedText(stored, 'application'),
    ticket: storedText(stored, 'ticket'),
    policyRevision: BigInt(storedText(stored, 'policyRevision')),
    ended,
    lines,
  };
};
