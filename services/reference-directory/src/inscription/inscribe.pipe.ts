import { fields, perContext, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { dayRange, institution } from './inscription.reader.js';

const inscribeRequest = perContext((validation) =>
  fields
    .message({
      requestId: fields.requestId,
      institution,
      ssin: fields.ssin(validation),
      inscriptionContext: fields.inscriptionContext,
      period: dayRange,
    })
    .transform(({ inscriptionContext: context, ...input }) => ({ ...input, context })),
);

export type InscribeInput = z.output<ReturnType<typeof inscribeRequest>>;

export const InscribePipe = requestPipe(inscribeRequest);
