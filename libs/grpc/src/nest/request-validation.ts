import { Clock, MeshSettings } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import type { ValidationContext } from '../request/parse-request.js';

/** Tells pipes by which mode and day a request is validated. */
@Injectable()
export class RequestValidation {
  constructor(
    private readonly mesh: MeshSettings,
    private readonly clock: Clock,
  ) {}

  context(): ValidationContext {
    return { mode: this.mesh.CROSSROADS_MODE, today: dayOf(this.clock.now()) };
  }
}
