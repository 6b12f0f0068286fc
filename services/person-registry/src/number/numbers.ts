import { type Recorded, type Stream, Streams } from '@crossroads/eventsourcing';
import { BlindIndex } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { NumberCodec } from './number.codec.js';
import {
  NUMBER_EVENTS,
  type KnownNumber,
  numberDecider,
  type NumberCommand,
  type NumberEvent,
  type NumberState,
  requireActive,
  unknownSsin,
} from './number.decider.js';
import { missingOf, type NumberStates } from './replacement.rules.js';
import { StreamReads } from './stream-reads.js';

const NUMBER = 'number';

export type NumberStream = Stream<NumberState>;

/** The streams of numbers. The id of a stream is the blind index of the number. */
@Injectable()
export class Numbers extends Streams<NumberState, NumberCommand, NumberEvent> {
  constructor(
    private readonly reads: StreamReads,
    private readonly index: BlindIndex,
    codec: NumberCodec,
  ) {
    super(reads, { type: NUMBER, decider: numberDecider, events: NUMBER_EVENTS, codec });
  }

  async find(ssin: string): Promise<NumberStream> {
    const indexes = this.index.indexesOf(ssin);
    return this.foldFirst(indexes, await this.reads.readStreams(indexes));
  }

  /** The number itself, or the last of those that replace it; nothing when nobody has it. */
  async presentOf(ssin: string): Promise<KnownNumber | undefined> {
    const asked = await this.find(ssin);
    return lastOf(statesOf(await this.withReplacements([asked])), asked.streamId);
  }

  /** In the order given, with one query. */
  async findAll(ssins: readonly string[]): Promise<NumberStream[]> {
    const indexes = ssins.map((ssin) => this.index.indexesOf(ssin));
    const streams = await this.reads.readStreams(indexes.flat());
    return Promise.all(indexes.map((candidates) => this.foldFirst(candidates, streams)));
  }

  /** These numbers, and all that replace them or are replaced by them, directly or through others. */
  async withReplacements(start: readonly NumberStream[]): Promise<Map<string, NumberStream>> {
    const found = new Map(start.map((one) => [one.streamId, one]));
    for (;;) {
      const missing = missingOf(statesOf(found));
      if (missing.length === 0) return found;
      for (const [index, recorded] of await this.reads.readStreams(missing))
        found.set(index, await this.fold(index, recorded));
    }
  }

  /** The number under the first index that has a stream: one per version of the index key, the current version first. */
  foldFirst(indexes: readonly string[], streams: ReadonlyMap<string, readonly Recorded[]>): Promise<NumberStream> {
    const [current = ''] = indexes;
    const index = indexes.find((one) => (streams.get(one) ?? []).length > 0) ?? current;
    return this.fold(index, streams.get(index) ?? []);
  }
}

export const statesOf = (numbers: ReadonlyMap<string, NumberStream>): NumberStates =>
  new Map([...numbers].map(([index, { state }]) => [index, state]));

/** The end of a chain of replacements. */
const lastOf = (numbers: NumberStates, index: string): KnownNumber | undefined => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') return undefined;
  return state.byIndex === undefined ? state : lastOf(numbers, state.byIndex);
};

/** @throws Rejection unless the number belongs to somebody, and is neither replaced nor canceled */
export const activeNumber = ({ state }: NumberStream): KnownNumber => {
  if (state.status === 'absent') throw unknownSsin();
  return requireActive(state);
};
