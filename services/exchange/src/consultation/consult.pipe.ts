import { Clock, MeshSettings } from '@crossroads/configuration';
import type { ConsultRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { dayOf } from '@crossroads/identifiers';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type ConsultInput, readConsultRequest } from './consult.reader.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ConsultPipe implements PipeTransform<ConsultRequest, ConsultInput> {
  constructor(
    private readonly mesh: MeshSettings,
    private readonly clock: Clock,
  ) {}

  transform(request: ConsultRequest): ConsultInput {
    return readConsultRequest(request, { mode: this.mesh.CROSSROADS_MODE, today: dayOf(this.clock.now()) });
  }
}
