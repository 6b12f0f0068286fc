import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';

const laneSequence = fields.message({
  lane: fields.field((raw: number) => raw),
  sequence: fields.field((raw: bigint, refuse): bigint =>
    raw >= 1n ? raw : refuse('INVALID_SEQUENCE', 'the first number of a lane is 1'),
  ),
});

const sequences = fields.message({ lanes: fields.list(laneSequence, { max: 16 }) }).transform(({ lanes }, context) => {
  const repeated = lanes.findIndex(({ lane }, index) => lanes.findIndex((one) => one.lane === lane) < index);
  return repeated === -1
    ? lanes
    : fields.refuseAt(context, ['lanes', repeated, 'lane'], 'REPEATED', 'name each lane once');
});

const replayDeliveriesRequest = fields.message({
  requestId: fields.requestId,
  subscriptionId: fields.uuid,
  from: fields.oneof({ sequences, time: fields.instant }, { refuse: 'oneof' }),
});

export type ReplayDeliveriesInput = z.output<typeof replayDeliveriesRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const ReplayDeliveriesPipe = requestPipe(replayDeliveriesRequest);

const getSubscriptionRequest = fields.message({ subscriptionId: fields.uuid });

export type GetSubscriptionInput = z.output<typeof getSubscriptionRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const GetSubscriptionPipe = requestPipe(getSubscriptionRequest);
