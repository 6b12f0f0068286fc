import { type ListMessagesRequest, ReadFilter } from '@crossroads/contracts/ebox/v1/message_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { wordsOf } from './subject-words.js';

const readFilter = fields.field((raw: ReadFilter, refuse): boolean | undefined => {
  switch (raw) {
    case ReadFilter.READ_FILTER_UNSPECIFIED:
      return undefined;
    case ReadFilter.READ_FILTER_UNREAD:
      return false;
    case ReadFilter.READ_FILTER_READ:
      return true;
    case ReadFilter.UNRECOGNIZED:
    default:
      return refuse('UNKNOWN_READ_FILTER', 'READ_FILTER_UNREAD, READ_FILTER_READ, or absent for all');
  }
});

const words = fields
  .text({ max: 200 })
  .pipe(
    fields.field((raw: string, refuse): string =>
      wordsOf(raw).length > 0 ? raw : refuse('NO_WORD', 'at least one letter or digit'),
    ),
  );

const listMessagesRequest = fields.message({
  received: fields.period,
  read: readFilter,
  messageType: fields.optional(fields.text({ max: 64 })),
  sender: fields.optional(fields.enterpriseNumber),
  words: fields.optional(words),
  pageSize: fields.pageSize({ usual: 50, max: 100 }),
});

export type ListMessagesInput = z.output<typeof listMessagesRequest> &
  /** Read by the handler: whose mailbox it is, and a position in its list. */
  Pick<ListMessagesRequest, 'mailbox' | 'hidden' | 'registeredMailOnly' | 'pageToken'>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListMessagesPipe implements PipeTransform<ListMessagesRequest, ListMessagesInput> {
  transform({ mailbox, hidden, registeredMailOnly, pageToken, ...request }: ListMessagesRequest): ListMessagesInput {
    return { ...parseRequest(listMessagesRequest, request), mailbox, hidden, registeredMailOnly, pageToken };
  }
}
