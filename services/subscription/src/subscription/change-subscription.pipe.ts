import type { CloseSubscriptionRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { readFields, readRequestId, readUuid } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';

export interface ChangeSubscriptionInput {
  readonly requestId: string;
  readonly subscriptionId: string;
}

/** For closing, pausing and resuming, whose requests have the same fields. @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ChangeSubscriptionPipe implements PipeTransform<CloseSubscriptionRequest, ChangeSubscriptionInput> {
  transform({ requestId, subscriptionId }: CloseSubscriptionRequest): ChangeSubscriptionInput {
    return readFields({
      requestId: readRequestId(requestId),
      subscriptionId: readUuid('subscription_id', subscriptionId),
    });
  }
}
