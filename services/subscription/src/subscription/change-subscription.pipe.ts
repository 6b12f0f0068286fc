import { fields, requestPipe } from '@crossroads/grpc';
import { deliveryOptions } from './delivery-options.reader.js';
import type { z } from 'zod';

const which = { requestId: fields.requestId, subscriptionId: fields.uuid };
const whichSubscription = fields.message(which);

export type WhichSubscriptionInput = z.output<typeof whichSubscription>;

/** For closing, pausing and resuming, whose requests have the same fields. @throws InvalidInput naming every field that is wrong */
export const WhichSubscriptionPipe = requestPipe(whichSubscription);

const changeSubscriptionRequest = fields.message({ ...which, ...deliveryOptions });

export type ChangeSubscriptionInput = z.output<typeof changeSubscriptionRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const ChangeSubscriptionPipe = requestPipe(changeSubscriptionRequest);
