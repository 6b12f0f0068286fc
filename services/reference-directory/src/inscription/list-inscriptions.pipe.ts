import type { ListInscriptionsRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { institution } from './inscription.reader.js';

const listInscriptionsRequest = perContext((validation) =>
  fields.message({
    institution,
    /** Absent: all persons. */
    ssin: fields.optional(fields.ssin(validation)),
    pageSize: fields.pageSize(),
  }),
);

export interface ListInscriptionsInput extends z.output<ReturnType<typeof listInscriptionsRequest>> {
  /** Read by the handler, as it belongs to one institution's list. */
  readonly pageToken: string;
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class ListInscriptionsPipe implements PipeTransform<ListInscriptionsRequest, ListInscriptionsInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform({ pageToken, ...request }: ListInscriptionsRequest): ListInscriptionsInput {
    return { ...parseRequest(listInscriptionsRequest(this.validation.context()), request), pageToken };
  }
}
