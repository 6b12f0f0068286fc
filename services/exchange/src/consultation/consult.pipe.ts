import type { ConsultRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type ConsultInput, readConsultRequest } from './consult.reader.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ConsultPipe implements PipeTransform<ConsultRequest, ConsultInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: ConsultRequest): ConsultInput {
    return readConsultRequest(request, this.validation.context());
  }
}
