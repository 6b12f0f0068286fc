import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';

const listProviderEventsRequest = fields.message({
  afterEventSequenceNbr: fields.field((raw: bigint, refuse): bigint =>
    raw >= 0n ? raw : refuse('NEGATIVE', '0, or the number of the last event that was read'),
  ),
  pageSize: fields.pageSize(),
});

export type ListProviderEventsInput = z.output<typeof listProviderEventsRequest>;

export const ListProviderEventsPipe = requestPipe(listProviderEventsRequest);
