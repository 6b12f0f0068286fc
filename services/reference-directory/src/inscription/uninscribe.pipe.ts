import { fields, perContext, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { institution, lastDay } from './inscription.reader.js';

const uninscribeRequest = perContext((validation) =>
  fields
    .message({
      requestId: fields.requestId,
      institution,
      ssin: fields.ssin(validation),
      inscriptionContext: fields.inscriptionContext,
      endDate: lastDay(validation),
    })
    .transform(({ inscriptionContext: context, endDate: period, ...input }) => ({ ...input, context, period })),
);

export type UninscribeInput = z.output<ReturnType<typeof uninscribeRequest>>;

export const UninscribePipe = requestPipe(uninscribeRequest);
