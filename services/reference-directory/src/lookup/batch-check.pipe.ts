import type { BatchCheckRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { filterFields, personReference } from './check.reader.js';

const MAX_PERSONS = 5_000;

const batchCheckRequest = perContext((context) =>
  fields.message({
    persons: fields.list(personReference(context), { min: 0, max: MAX_PERSONS }),
    ...filterFields(context),
  }),
);

export type BatchCheckInput = z.output<ReturnType<typeof batchCheckRequest>>;

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class BatchCheckPipe implements PipeTransform<BatchCheckRequest, BatchCheckInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: BatchCheckRequest): BatchCheckInput {
    return parseRequest(batchCheckRequest(this.validation.context()), request);
  }
}
