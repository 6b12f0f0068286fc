import { Clock } from '@crossroads/configuration';
import type { CheckRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import type { Question } from '@crossroads/policy';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { dataServiceName, fieldGroupName } from '../policy/fields.js';

const NAMES = { min: 0, max: 200 };

const checkRequest = fields
  .message({
    customer: fields.enterpriseNumber,
    dataService: dataServiceName,
    fieldGroups: fields.list(fieldGroupName, NAMES),
    legalContext: fields.legalContext,
    inscriptionContexts: fields.list(fields.inscriptionContext, NAMES),
    date: fields.optional(fields.day),
    subscription: z.boolean(),
  })
  .transform(({ fieldGroups: requestedFieldGroups, ...asked }) => ({ ...asked, requestedFieldGroups }));

/** What would be asked; the caller's own key plays no part in it. */
export type CheckInput = Omit<Question, 'peer'>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class CheckPipe implements PipeTransform<CheckRequest, CheckInput> {
  constructor(private readonly clock: Clock) {}

  transform(request: CheckRequest): CheckInput {
    const { date: day = dayOf(this.clock.now()), subscription, ...asked } = parseRequest(checkRequest, request);
    return { ...asked, day, mode: subscription ? 'subscription' : 'online' };
  }
}
