import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';

const laneSequence = fields.message({
  lane: fields.field((raw: number) => raw),
  sequence: fields.field((raw: bigint, refuse): bigint =>
    raw >= 0n ? raw : refuse('INVALID_SEQUENCE', 'the first number of a lane is 1; 0: nothing was handled yet'),
  ),
});

const after = fields
  .message({ lanes: fields.list(laneSequence, { min: 0, max: 16 }) })
  .transform(({ lanes }, context) => {
    const repeated = lanes.findIndex(({ lane }, index) => lanes.findIndex((one) => one.lane === lane) < index);
    return repeated === -1
      ? lanes
      : fields.refuseAt(context, ['lanes', repeated, 'lane'], 'REPEATED', 'name each lane once');
  });

const streamDeliveriesRequest = fields.message({
  subscriptionId: fields.uuid,
  from: fields.oneof({ after, time: fields.instant }, { refuse: 'oneof' }),
});

export type StreamDeliveriesInput = z.output<typeof streamDeliveriesRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const StreamDeliveriesPipe = requestPipe(streamDeliveriesRequest);
