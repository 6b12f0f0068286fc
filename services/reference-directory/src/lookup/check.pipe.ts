import type { CheckRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { filterFields, personReference } from './check.reader.js';

const checkRequest = perContext((context) =>
  fields.message({ person: personReference(context), ...filterFields(context) }),
);

export type CheckInput = z.output<ReturnType<typeof checkRequest>>;

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class CheckPipe implements PipeTransform<CheckRequest, CheckInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: CheckRequest): CheckInput {
    return parseRequest(checkRequest(this.validation.context()), request);
  }
}
