import type { DayRange } from '../period/days.rules.js';
import { PackedReader, PackedWriter } from '../period/packed.codec.js';

/** One inscription in a person's row. */
export interface Entry extends DayRange {
  /** The number of the institution and inscription context; see `InstitutionContexts`. */
  readonly contextId: number;
}

/** Packs a person's row, sorted by context and start. */
export const packEntries = (entries: readonly Entry[]): Buffer => {
  const writer = new PackedWriter();
  let last = 0;
  for (const entry of entries.toSorted((a, b) => a.contextId - b.contextId || a.start - b.start)) {
    writer.number(entry.contextId - last).period(entry);
    last = entry.contextId;
  }
  return writer.bytes();
};

export const unpackEntries = (bytes: Uint8Array): Entry[] => {
  const reader = new PackedReader(bytes);
  const entries: Entry[] = [];
  for (let contextId = 0; !reader.done; ) {
    contextId += reader.number();
    const { start, end } = reader.period();
    entries.push({ contextId, start, end });
  }
  return entries;
};
