import type { AllInscribed, SubscribeRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

const MAX_NAMED_PERSONS = 1_000;
const MAX_NAME_LENGTH = 128;

const subscribeRequest = perContext((context) => {
  const named = fields.message({ ssins: fields.list(fields.ssin(context), { max: MAX_NAMED_PERSONS }) });
  return fields
    .message({
      requestId: fields.requestId,
      /** Absent: the caller's own. */
      institution: fields.optional(fields.enterpriseNumber),
      inscriptionContext: fields.inscriptionContext,
      dataService: fields.text({ max: MAX_NAME_LENGTH }),
      legalContext: fields.legalContext,
      persons: fields.oneof({ named, allInscribed: fields.field((all: AllInscribed) => all) }, { refuse: 'oneof' }),
    })
    .transform(({ persons, ...input }) => ({
      ...input,
      /** Absent: all whom the institution has inscribed. */
      ssins: persons.$case === 'named' ? persons.value.ssins : undefined,
    }));
});

export type SubscribeInput = z.output<ReturnType<typeof subscribeRequest>>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class SubscribePipe implements PipeTransform<SubscribeRequest, SubscribeInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: SubscribeRequest): SubscribeInput {
    return parseRequest(subscribeRequest(this.validation.context()), request);
  }
}
