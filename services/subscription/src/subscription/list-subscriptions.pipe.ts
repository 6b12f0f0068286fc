import type { ListSubscriptionsRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

const listSubscriptionsRequest = fields.message({
  /** Absent: the caller's own. */
  institution: fields.optional(fields.enterpriseNumber),
  pageSize: fields.pageSize(),
});

export interface ListSubscriptionsInput extends z.output<typeof listSubscriptionsRequest> {
  /** Read by the handler, as it belongs to one institution's list. */
  readonly pageToken: string;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListSubscriptionsPipe implements PipeTransform<ListSubscriptionsRequest, ListSubscriptionsInput> {
  transform({ pageToken, ...request }: ListSubscriptionsRequest): ListSubscriptionsInput {
    return { ...parseRequest(listSubscriptionsRequest, request), pageToken };
  }
}
