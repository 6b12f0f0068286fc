import type { ListInscribedPersonsRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

const MAX_PERSONS = 1_000;

const listInscribedPersonsRequest = perContext(() =>
  fields.message({
    institution: fields.enterpriseNumber,
    inscriptionContext: fields.inscriptionContext,
    personIds: fields.list(fields.uuid, { min: 0, max: MAX_PERSONS }),
    pageSize: fields.pageSize(),
  }),
);

export interface ListInscribedPersonsInput extends z.output<ReturnType<typeof listInscribedPersonsRequest>> {
  /** Read by the handler, as it belongs to one list. */
  readonly pageToken: string;
  readonly today: IsoDay;
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class ListInscribedPersonsPipe implements PipeTransform<ListInscribedPersonsRequest, ListInscribedPersonsInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform({ pageToken, ...request }: ListInscribedPersonsRequest): ListInscribedPersonsInput {
    const context = this.validation.context();
    return { ...parseRequest(listInscribedPersonsRequest(context), request), pageToken, today: context.today };
  }
}
