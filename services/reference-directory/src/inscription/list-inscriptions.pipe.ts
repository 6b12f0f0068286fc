import type { ListInscriptionsRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { readFields, readOptional, readPageSize, readSsin, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { readInstitution } from './inscription.reader.js';

export interface ListInscriptionsInput {
  /** Undefined: the caller's own. */
  readonly institution: string | undefined;
  /** Undefined: all persons. */
  readonly ssin: string | undefined;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class ListInscriptionsPipe implements PipeTransform<ListInscriptionsRequest, ListInscriptionsInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform({ institution, ssin, pageSize, pageToken }: ListInscriptionsRequest): ListInscriptionsInput {
    const read = readFields({
      institution: readInstitution(institution),
      ssin: readOptional(ssin, (text) => readSsin('ssin', text, this.validation.context())),
      pageSize: readPageSize(pageSize),
    });
    return { ...read, pageToken };
  }
}
