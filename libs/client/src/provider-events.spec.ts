import { ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import type {
  ListProviderEventsRequest,
  ListProviderEventsResponse,
} from '@crossroads/contracts/ebox/v1/publication_service';
import type { CloudEvent, ConsumeOptions } from '@crossroads/messaging';
import { describe, expect, it } from '@jest/globals';
import { followProviderEvents, readProviderEvents } from './provider-events.js';

const PROVIDER = '0999000723';

const event = (eventSequenceNbr: bigint): ProviderEvent => ({
  eventSequenceNbr,
  kind: ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT,
  messageId: `message ${eventSequenceNbr}`,
  originalMessageId: '',
  sender: PROVIDER,
  time: undefined,
});

/** The numbers that there are, by pages of three. */
const listOf = (numbers: readonly bigint[]) => ({
  listProviderEvents: async ({
    afterEventSequenceNbr: after,
  }: ListProviderEventsRequest): Promise<ListProviderEventsResponse> => {
    const later = numbers.filter((number) => number > after);
    return { events: later.slice(0, 3).map(event), lastSequenceNbr: numbers.at(-1) ?? 0n, hasNext: later.length > 3 };
  },
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index));

describe("a provider's events", () => {
  const read = async (numbers: readonly bigint[], after?: bigint) => {
    const seen: bigint[] = [];
    for await (const { eventSequenceNbr } of readProviderEvents(listOf(numbers), after)) seen.push(eventSequenceNbr);
    return seen;
  };

  it('are read from the first one to the last, by pages', async () => {
    expect(await read(range(1, 10))).toEqual(range(1, 10));
    expect(await read([])).toEqual([]);
  });

  it('are read on from any number', async () => {
    for (const after of range(0, 10)) expect(await read(range(1, 10), after)).toEqual(range(Number(after) + 1, 10));
  });

  it('are not read past a gap', async () => {
    await expect(read([1n, 2n, 4n])).rejects.toMatchObject({ name: 'MissingEvent', eventSequenceNbr: 3n });
  });

  it('come from the topic once each, and those that it does not have any more from the list', async () => {
    const seen: bigint[] = [];
    let asked: Pick<ConsumeOptions, 'topic' | 'group'> | undefined;
    const broker = {
      consume: async ({ onBatch, topic, group }: ConsumeOptions) => {
        asked = { topic, ...(group === undefined ? {} : { group }) };
        const delivered = [4n, 5n, 5n, 4n, 6n].map(
          (number): CloudEvent => ({
            id: String(number),
            source: 'urn:crossroads:service:ebox',
            type: 'crossroads.ebox.v1.messages.notify.newdocument',
            service: 'crossroads.ebox.v1',
            time: new Date(0),
            key: 'k',
            data: ProviderEvent.encode(event(number)).finish(),
          }),
        );
        await onBatch(delivered, new AbortController().signal);
        return { close: async () => {} };
      },
    };
    await followProviderEvents({
      broker,
      publications: listOf(range(1, 6)),
      provider: PROVIDER,
      group: `${PROVIDER}.spec`,
      lastSequence: () => seen.at(-1) ?? 0n,
      onEvent: ({ eventSequenceNbr }) => void seen.push(eventSequenceNbr),
    });
    expect(asked).toEqual({ topic: `crossroads.ebox.${PROVIDER}.v1`, group: `${PROVIDER}.spec` });
    expect(seen).toEqual(range(1, 6));
  });
});
