import type { AllInscribed } from '@crossroads/contracts/subscription/v1/subscription_service';
import { fields, perContext, requestPipe } from '@crossroads/grpc';
import { deliveryOptions } from './delivery-options.reader.js';
import { LANE_COUNTS } from './lanes.rules.js';
import type { z } from 'zod';

const MAX_NAMED_PERSONS = 1_000;
const MAX_NAME_LENGTH = 128;

const subscribeRequest = perContext((context) => {
  const named = fields.message({ ssins: fields.list(fields.ssin(context), { max: MAX_NAMED_PERSONS }) });
  return fields
    .message({
      requestId: fields.requestId,
      /** Absent: the caller's own. */
      institution: fields.optional(fields.enterpriseNumber),
      inscriptionContext: fields.inscriptionContext,
      dataService: fields.text({ max: MAX_NAME_LENGTH }),
      legalContext: fields.legalContext,
      lanes: fields.field((raw: number, refuse): number =>
        raw === 0 || LANE_COUNTS.includes(raw)
          ? raw
          : refuse('INVALID_LANES', `a topic has ${LANE_COUNTS.join(', ')} lanes; 0 leaves it as it is`),
      ),
      ...deliveryOptions,
      snapshot: fields.field((raw: boolean) => raw),
      persons: fields.oneof({ named, allInscribed: fields.field((all: AllInscribed) => all) }, { refuse: 'oneof' }),
    })
    .transform(({ persons, ...input }) => ({
      ...input,
      /** Absent: all whom the institution has inscribed. */
      ssins: persons.$case === 'named' ? persons.value.ssins : undefined,
    }));
});

export type SubscribeInput = z.output<ReturnType<typeof subscribeRequest>>;

export const SubscribePipe = requestPipe(subscribeRequest);
