import type { EventCodec, Json } from '@crossroads/eventsourcing';
import { PackedReader, PackedWriter } from '../period/packed.codec.js';
import type { Change, InscriptionsChanged } from './inscription.decider.js';

/** What is stored of an event. `packed` is base64, and names contexts by their index in `contexts`. */
interface StoredChanges {
  readonly institution: string;
  readonly contexts: readonly string[];
  readonly packed: string;
}

/** Stores the changes of an event packed: some 8 bytes each, where JSON would take 80. */
export const inscriptionCodec: EventCodec<InscriptionsChanged> = {
  toStored: async ({ data }) => ({ schemaVersion: 1, data: packChanges(data) }),
  fromStored: async ({ data }) => ({ type: 'InscriptionsChanged', data: unpackChanges(data) }),
};

const packChanges = ({ institution, changes }: InscriptionsChanged['data']) => {
  const contexts = [...new Set(changes.map(({ context }) => context))];
  const indexes = new Map(contexts.map((context, index) => [context, index]));
  const writer = new PackedWriter();
  let last = 0;
  // Sorted by person, so that neighbours differ little. The sort is stable: changes of one person keep their order.
  for (const change of changes.toSorted((a, b) => a.person - b.person)) {
    writer
      .number(change.person - last)
      .number(indexes.get(change.context) ?? 0)
      .period(change);
    last = change.person;
  }
  return { institution, contexts, packed: writer.bytes().toString('base64') } satisfies StoredChanges;
};

/** @throws RangeError when the stored bytes are damaged */
export const unpackChanges = (stored: Json): InscriptionsChanged['data'] => {
  // Written by `packChanges` above.
  const { institution, contexts, packed } = stored as unknown as StoredChanges;
  const reader = new PackedReader(Buffer.from(packed, 'base64'));
  const changes: Change[] = [];
  for (let person = 0; !reader.done; ) {
    person += reader.number();
    const context = contexts[reader.number()];
    if (context === undefined) throw new RangeError('the event has no such context');
    changes.push({ person, context, ...reader.period() });
  }
  return { institution, changes };
};
