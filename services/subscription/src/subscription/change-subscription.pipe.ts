import type { CloseSubscriptionRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

const changeSubscriptionRequest = fields.message({ requestId: fields.requestId, subscriptionId: fields.uuid });

export type ChangeSubscriptionInput = z.output<typeof changeSubscriptionRequest>;

/** For closing, pausing and resuming, whose requests have the same fields. @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ChangeSubscriptionPipe implements PipeTransform<CloseSubscriptionRequest, ChangeSubscriptionInput> {
  transform(request: CloseSubscriptionRequest): ChangeSubscriptionInput {
    return parseRequest(changeSubscriptionRequest, request);
  }
}
