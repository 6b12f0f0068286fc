import type { CheckRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { readFields, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type InscriptionFilter, readFilter, readPerson } from './check.reader.js';
import type { PersonReference } from './person-lookup.js';

export interface CheckInput extends InscriptionFilter {
  readonly person: PersonReference;
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class CheckPipe implements PipeTransform<CheckRequest, CheckInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: CheckRequest): CheckInput {
    const context = this.validation.context();
    return readFields({ person: readPerson('person', request.person, context), ...readFilter(request, context) });
  }
}
