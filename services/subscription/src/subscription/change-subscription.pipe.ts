import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';

const changeSubscriptionRequest = fields.message({ requestId: fields.requestId, subscriptionId: fields.uuid });

export type ChangeSubscriptionInput = z.output<typeof changeSubscriptionRequest>;

/** For closing, pausing and resuming, whose requests have the same fields. @throws InvalidInput naming every field that is wrong */
export const ChangeSubscriptionPipe = requestPipe(changeSubscriptionRequest);
