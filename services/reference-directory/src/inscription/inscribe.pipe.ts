import type { InscribeRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
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

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class InscribePipe implements PipeTransform<InscribeRequest, InscribeInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: InscribeRequest): InscribeInput {
    return parseRequest(inscribeRequest(this.validation.context()), request);
  }
}
