import type { ListSubscriptionsRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { readEnterpriseNumber, readFields, readOptional, readPageSize } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';

export interface ListSubscriptionsInput {
  /** Absent: the caller's own. */
  readonly institution: string | undefined;
  readonly pageSize: number;
  /** Read by the handler, as it belongs to one institution's list. */
  readonly pageToken: string;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListSubscriptionsPipe implements PipeTransform<ListSubscriptionsRequest, ListSubscriptionsInput> {
  transform({ institution, pageSize, pageToken }: ListSubscriptionsRequest): ListSubscriptionsInput {
    const input = readFields({
      institution: readOptional(institution, (number) => readEnterpriseNumber('institution', number)),
      pageSize: readPageSize(pageSize),
    });
    return { ...input, pageToken };
  }
}
