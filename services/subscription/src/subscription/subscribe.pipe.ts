import type { SubscribeRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import {
  type Read,
  readEnterpriseNumber,
  readFields,
  readInscriptionContext,
  readLegalContext,
  readList,
  readOptional,
  readRequestId,
  readSsin,
  readText,
  RequestValidation,
  type ValidationContext,
} from '@crossroads/grpc';
import type { Ssin } from '@crossroads/identifiers';
import { Injectable, type PipeTransform } from '@nestjs/common';

const MAX_NAMED_PERSONS = 1_000;
const MAX_NAME_LENGTH = 128;

export interface SubscribeInput {
  readonly requestId: string;
  /** Absent: the caller's own. */
  readonly institution: string | undefined;
  readonly inscriptionContext: string;
  readonly dataService: string;
  readonly legalContext: string;
  /** Absent: all whom the institution has inscribed. */
  readonly ssins: readonly Ssin[] | undefined;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class SubscribePipe implements PipeTransform<SubscribeRequest, SubscribeInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: SubscribeRequest): SubscribeInput {
    const context = this.validation.context();
    return readFields({
      requestId: readRequestId(request.requestId),
      institution: readOptional(request.institution, (number) => readEnterpriseNumber('institution', number)),
      inscriptionContext: readInscriptionContext('inscription_context', request.inscriptionContext),
      dataService: readText('data_service', request.dataService, { max: MAX_NAME_LENGTH }),
      legalContext: readLegalContext('legal_context', request.legalContext),
      ssins: readPersons(request.persons, context),
    });
  }
}

const readPersons = (persons: SubscribeRequest['persons'], context: ValidationContext): Read<Ssin[] | undefined> => {
  if (persons?.$case === 'named')
    return readList('named.ssins', persons.value.ssins, { max: MAX_NAMED_PERSONS }, (field, ssin) =>
      readSsin(field, ssin, context),
    );
  if (persons) return { ok: true, value: undefined };
  return {
    ok: false,
    violations: [{ field: 'persons', reason: 'REQUIRED', description: 'needed: named, or all_inscribed' }],
  };
};
