import { Clock, MeshSettings } from '@crossroads/configuration';
import type { ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { dayOf } from '@crossroads/identifiers';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type AskedReport, readReport } from './mutation-request.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class MutationReportPipe implements PipeTransform<ReportMutationRequest, AskedReport> {
  constructor(
    private readonly mesh: MeshSettings,
    private readonly clock: Clock,
  ) {}

  transform(request: ReportMutationRequest): AskedReport {
    return readReport(request, { mode: this.mesh.CROSSROADS_MODE, today: dayOf(this.clock.now()) });
  }
}
