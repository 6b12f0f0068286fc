import { Clock, MeshSettings } from '@crossroads/configuration';
import type { ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { dayOf } from '@crossroads/identifiers';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type ReportMutationInput, readReportMutation } from './report-mutation.reader.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ReportMutationPipe implements PipeTransform<ReportMutationRequest, ReportMutationInput> {
  constructor(
    private readonly mesh: MeshSettings,
    private readonly clock: Clock,
  ) {}

  transform(request: ReportMutationRequest): ReportMutationInput {
    return readReportMutation(request, { mode: this.mesh.CROSSROADS_MODE, today: dayOf(this.clock.now()) });
  }
}
