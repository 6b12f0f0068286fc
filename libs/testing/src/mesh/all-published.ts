import type { CloudEvent, ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { PARTITIONS } from '@crossroads/topology';

interface EventsReader {
  read(request: ReadRequest): AsyncIterable<ReadResponse>;
}

type PublishedResponse = Omit<ReadResponse, 'event'> & { readonly event: CloudEvent };

/** What was published to all partitions of a topic, from the beginning, in the order in which it was appended. */
export const allPublished = async (client: EventsReader, topic: string): Promise<PublishedResponse[]> => {
  const partitions = Array.from({ length: PARTITIONS }, async (_, partition) => {
    const responses: PublishedResponse[] = [];
    for await (const response of client.read({ topic, partition, after: undefined }))
      if (response.event !== undefined) responses.push({ ...response, event: response.event });
    return responses;
  });
  return (await Promise.all(partitions)).flat().toSorted((a, b) => Number(a.serial - b.serial));
};
