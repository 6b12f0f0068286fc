import type { ListConsentsRequest } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { mailboxReference } from './mailbox-reference.js';

const listConsentsRequest = fields.message({
  mailbox: mailboxReference,
  pageSize: fields.pageSize({ usual: 50, max: 100 }),
});

export type ListConsentsInput = z.output<typeof listConsentsRequest> &
  /** Read by the handler, as it belongs to one mailbox's list. */
  Pick<ListConsentsRequest, 'pageToken'>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListConsentsPipe implements PipeTransform<ListConsentsRequest, ListConsentsInput> {
  transform({ pageToken, ...request }: ListConsentsRequest): ListConsentsInput {
    return { ...parseRequest(listConsentsRequest, request), pageToken };
  }
}
