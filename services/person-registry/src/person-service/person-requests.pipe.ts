import type {
  CancelSsinRequest,
  ChangePersonRequest,
  GetPersonRequest,
  RegisterPersonRequest,
  ReplaceSsinRequest,
  UnreplaceSsinRequest,
} from '@crossroads/contracts/person/v1/person_service';
import {
  type Read,
  readDay,
  readFields,
  readInstant,
  readOptional,
  readRequestId,
  readSsin,
  RequestValidation,
  type ValidationContext,
} from '@crossroads/grpc';
import { type IsoDay, type Ssin } from '@crossroads/identifiers';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type GivenNumber, readNumber } from '../number/number.reader.js';
import { readFacts } from '../person/fact.reader.js';
import type { Fact } from '../person/facts.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
abstract class RequestPipe<Request, Input> implements PipeTransform<Request, Input> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: Request): Input {
    return this.read(request, this.validation.context());
  }

  protected abstract read(request: Request, context: ValidationContext): Input;
}

export interface RegisterPersonInput {
  readonly requestId: string;
  readonly number: GivenNumber;
  readonly facts: readonly Fact[];
}

@Injectable()
export class RegisterPersonPipe extends RequestPipe<RegisterPersonRequest, RegisterPersonInput> {
  protected read({ requestId, ssin, facts }: RegisterPersonRequest, context: ValidationContext): RegisterPersonInput {
    return readFields({
      requestId: readRequestId(requestId),
      number: readNumber('ssin', ssin, context),
      facts: readFacts(facts, { ...context, ssin }),
    });
  }
}

export interface ChangePersonInput {
  readonly requestId: string;
  readonly ssin: Ssin;
  readonly facts: readonly Fact[];
  readonly expectedSourceRevision: bigint | undefined;
}

@Injectable()
export class ChangePersonPipe extends RequestPipe<ChangePersonRequest, ChangePersonInput> {
  protected read(request: ChangePersonRequest, context: ValidationContext): ChangePersonInput {
    const { requestId, ssin, facts, expectedSourceRevision } = request;
    return readFields({
      requestId: readRequestId(requestId),
      ssin: readSsin('ssin', ssin, context),
      facts: readFacts(facts, { ...context, ssin }),
      expectedSourceRevision: readRevision('expected_source_revision', expectedSourceRevision),
    });
  }
}

export interface ReplaceSsinInput {
  readonly requestId: string;
  readonly ssin: Ssin;
  readonly replacing: GivenNumber;
}

@Injectable()
export class ReplaceSsinPipe extends RequestPipe<ReplaceSsinRequest, ReplaceSsinInput> {
  protected read({ requestId, ssin, replacingSsin }: ReplaceSsinRequest, context: ValidationContext): ReplaceSsinInput {
    return readFields({
      requestId: readRequestId(requestId),
      ssin: readSsin('ssin', ssin, context),
      replacing: readNumber('replacing_ssin', replacingSsin, context),
    });
  }
}

/** Of `UnreplaceSsin` and `CancelSsin`. */
export interface SsinInput {
  readonly requestId: string;
  readonly ssin: Ssin;
}

@Injectable()
export class SsinPipe extends RequestPipe<UnreplaceSsinRequest & CancelSsinRequest, SsinInput> {
  protected read({ requestId, ssin }: UnreplaceSsinRequest & CancelSsinRequest, context: ValidationContext): SsinInput {
    return readFields({ requestId: readRequestId(requestId), ssin: readSsin('ssin', ssin, context) });
  }
}

export interface GetPersonInput {
  readonly ssin: Ssin;
  readonly day: IsoDay;
  readonly knownAt: Date | undefined;
}

@Injectable()
export class GetPersonPipe extends RequestPipe<GetPersonRequest, GetPersonInput> {
  protected read({ ssin, asOfDate, knownAtTime }: GetPersonRequest, context: ValidationContext): GetPersonInput {
    const input = readFields({
      ssin: readSsin('ssin', ssin, context),
      day: readOptional(asOfDate, (date) => readDay('as_of_date', date)),
      knownAt: readOptional(knownAtTime, (instant) => readInstant('known_at_time', instant)),
    });
    return { ...input, day: input.day ?? context.today };
  }
}

/** 0 stands for none. */
const readRevision = (field: string, raw: bigint): Read<bigint | undefined> => {
  if (raw >= 0n) return { ok: true, value: raw === 0n ? undefined : raw };
  const description = 'a revision is 1 or more, or 0 for whichever';
  return { ok: false, violations: [{ field, reason: 'INVALID_REVISION', description }] };
};
