import { Clock } from '@crossroads/configuration';
import type { CheckRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import {
  readDay,
  readEnterpriseNumber,
  readFields,
  readInscriptionContext,
  readLegalContext,
  readList,
  readOptional,
} from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import type { Question } from '@crossroads/policy';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { readDataServiceName, readFieldGroupName } from '../policy/fields.js';

const MAX_NAMES = 200;

/** What would be asked; the caller's own key plays no part in it. */
export type CheckInput = Omit<Question, 'peer'>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class CheckPipe implements PipeTransform<CheckRequest, CheckInput> {
  constructor(private readonly clock: Clock) {}

  transform(request: CheckRequest): CheckInput {
    const names = { min: 0, max: MAX_NAMES };
    const contexts = request.inscriptionContexts;
    const { date, ...rest } = readFields({
      customer: readEnterpriseNumber('customer', request.customer),
      dataService: readDataServiceName('data_service', request.dataService),
      requestedFieldGroups: readList('field_groups', request.fieldGroups, names, readFieldGroupName),
      legalContext: readLegalContext('legal_context', request.legalContext),
      inscriptionContexts: readList('inscription_contexts', contexts, names, readInscriptionContext),
      date: readOptional(request.date, (day) => readDay('date', day)),
    });
    return { ...rest, mode: request.subscription ? 'subscription' : 'online', day: date ?? dayOf(this.clock.now()) };
  }
}
