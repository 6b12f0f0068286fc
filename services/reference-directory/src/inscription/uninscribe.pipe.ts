import type { UninscribeRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { readFields, readInscriptionContext, readRequestId, readSsin, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { ValidLine } from './inscription.commands.js';
import { readInstitution, readRangeUntil } from './inscription.reader.js';

export interface UninscribeInput extends ValidLine {
  readonly requestId: string;
  /** Undefined: the caller's own. */
  readonly institution: string | undefined;
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class UninscribePipe implements PipeTransform<UninscribeRequest, UninscribeInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: UninscribeRequest): UninscribeInput {
    const context = this.validation.context();
    return readFields({
      requestId: readRequestId(request.requestId),
      institution: readInstitution(request.institution),
      ssin: readSsin('ssin', request.ssin, context),
      context: readInscriptionContext('inscription_context', request.inscriptionContext),
      period: readRangeUntil('end_date', request.endDate, context),
    });
  }
}
