import type { ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { RequestValidation } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type ReportMutationInput, readReportMutation } from './report-mutation.reader.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ReportMutationPipe implements PipeTransform<ReportMutationRequest, ReportMutationInput> {
  constructor(private readonly validation: RequestValidation) {}

  transform(request: ReportMutationRequest): ReportMutationInput {
    return readReportMutation(request, this.validation.context());
  }
}
