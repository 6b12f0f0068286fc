import type {
  CancelSsinRequest,
  ChangePersonRequest,
  GetPersonRequest,
  RegisterPersonRequest,
  ReplaceSsinRequest,
  UnreplaceSsinRequest,
} from '@crossroads/contracts/person/v1/person_service';
import { fields, parseRequest, perContext, RequestValidation, type ValidationContext } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { givenNumber } from '../number/number.reader.js';
import { factsSchema, refuseSelfRelations } from '../person/fact.reader.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
abstract class RequestPipe<Request, Input> implements PipeTransform<Request, Input> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: Request): Input {
    return this.read(request, this.validation.context());
  }

  protected abstract read(request: Request, context: ValidationContext): Input;
}

const { requestId } = fields;

const registerPerson = perContext((context) =>
  fields
    .message({ requestId, ssin: givenNumber(context), facts: factsSchema(context) })
    .transform(({ ssin: number, ...input }, issues) => {
      refuseSelfRelations(issues, input.facts, number.ssin);
      return { ...input, number };
    }),
);
export type RegisterPersonInput = z.output<ReturnType<typeof registerPerson>>;

@Injectable()
export class RegisterPersonPipe extends RequestPipe<RegisterPersonRequest, RegisterPersonInput> {
  protected read(request: RegisterPersonRequest, context: ValidationContext): RegisterPersonInput {
    return parseRequest(registerPerson(context), request);
  }
}

/** 0 stands for none. */
const expectedSourceRevision = fields.field((raw: bigint, refuse): bigint | undefined => {
  if (raw < 0n) return refuse('INVALID_REVISION', 'a revision is 1 or more, or 0 for whichever');
  return raw === 0n ? undefined : raw;
});

const changePerson = perContext((context) =>
  fields
    .message({ requestId, ssin: fields.ssin(context), facts: factsSchema(context), expectedSourceRevision })
    .transform((input, issues) => {
      refuseSelfRelations(issues, input.facts, input.ssin);
      return input;
    }),
);
export type ChangePersonInput = z.output<ReturnType<typeof changePerson>>;

@Injectable()
export class ChangePersonPipe extends RequestPipe<ChangePersonRequest, ChangePersonInput> {
  protected read(request: ChangePersonRequest, context: ValidationContext): ChangePersonInput {
    return parseRequest(changePerson(context), request);
  }
}

const replaceSsin = perContext((context) =>
  fields
    .message({ requestId, ssin: fields.ssin(context), replacingSsin: givenNumber(context) })
    .transform(({ replacingSsin: replacing, ...input }) => ({ ...input, replacing })),
);
export type ReplaceSsinInput = z.output<ReturnType<typeof replaceSsin>>;

@Injectable()
export class ReplaceSsinPipe extends RequestPipe<ReplaceSsinRequest, ReplaceSsinInput> {
  protected read(request: ReplaceSsinRequest, context: ValidationContext): ReplaceSsinInput {
    return parseRequest(replaceSsin(context), request);
  }
}

const ssinOnly = perContext((context) => fields.message({ requestId, ssin: fields.ssin(context) }));
/** Of `UnreplaceSsin` and `CancelSsin`. */
export type SsinInput = z.output<ReturnType<typeof ssinOnly>>;

@Injectable()
export class SsinPipe extends RequestPipe<UnreplaceSsinRequest & CancelSsinRequest, SsinInput> {
  protected read(request: UnreplaceSsinRequest & CancelSsinRequest, context: ValidationContext): SsinInput {
    return parseRequest(ssinOnly(context), request);
  }
}

const getPerson = perContext((context) =>
  fields
    .message({
      ssin: fields.ssin(context),
      asOfDate: fields.optional(fields.day),
      knownAtTime: fields.optional(fields.instant),
    })
    .transform(({ ssin, asOfDate: day = context.today, knownAtTime: knownAt }) => ({ ssin, day, knownAt })),
);
export type GetPersonInput = z.output<ReturnType<typeof getPerson>>;

@Injectable()
export class GetPersonPipe extends RequestPipe<GetPersonRequest, GetPersonInput> {
  protected read(request: GetPersonRequest, context: ValidationContext): GetPersonInput {
    return parseRequest(getPerson(context), request);
  }
}
