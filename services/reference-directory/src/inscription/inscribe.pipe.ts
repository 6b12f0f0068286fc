import type { InscribeRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { readFields, readInscriptionContext, readRequestId, readSsin, RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { ValidLine } from './inscription.commands.js';
import { readInstitution, readRange } from './inscription.reader.js';

export interface InscribeInput extends ValidLine {
  readonly requestId: string;
  /** Undefined: the caller's own. */
  readonly institution: string | undefined;
}

/** @throws InvalidInput naming every wrong field */
@Injectable()
export class InscribePipe implements PipeTransform<InscribeRequest, InscribeInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: InscribeRequest): InscribeInput {
    return readFields({
      requestId: readRequestId(request.requestId),
      institution: readInstitution(request.institution),
      ssin: readSsin('ssin', request.ssin, this.validation.context()),
      context: readInscriptionContext('inscription_context', request.inscriptionContext),
      period: readRange('period', request.period),
    });
  }
}
