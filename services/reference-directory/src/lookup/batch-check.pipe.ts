import type { BatchCheckRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { readFields, readList, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type InscriptionFilter, readFilter, readPerson } from './check.reader.js';
import type { PersonReference } from './person-lookup.js';

const MAX_PERSONS = 5_000;

export interface BatchCheckInput extends InscriptionFilter {
  readonly persons: readonly PersonReference[];
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class BatchCheckPipe implements PipeTransform<BatchCheckRequest, BatchCheckInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: BatchCheckRequest): BatchCheckInput {
    const context = this.validation.context();
    return readFields({
      persons: readList('persons', request.persons, { min: 0, max: MAX_PERSONS }, (field, person) =>
        readPerson(field, person, context),
      ),
      ...readFilter(request, context),
    });
  }
}
