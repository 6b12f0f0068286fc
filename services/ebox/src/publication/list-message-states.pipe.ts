import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { MAX_ORIGINAL_ID } from './new-message.reader.js';
import { ownId } from './printable-text.reader.js';

const MAX_IDS = 100;

const listMessageStatesRequest = fields.message({
  /** Absent: the caller's own. */
  sender: fields.optional(fields.enterpriseNumber),
  originalMessageIds: fields.list(ownId({ max: MAX_ORIGINAL_ID }), { max: MAX_IDS }),
});

export type ListMessageStatesInput = z.output<typeof listMessageStatesRequest>;

export const ListMessageStatesPipe = requestPipe(listMessageStatesRequest);
