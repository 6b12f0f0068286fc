import type { UninscribeRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
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

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class UninscribePipe implements PipeTransform<UninscribeRequest, UninscribeInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: UninscribeRequest): UninscribeInput {
    return parseRequest(uninscribeRequest(this.validation.context()), request);
  }
}
