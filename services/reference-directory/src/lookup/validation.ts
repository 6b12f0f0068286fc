import { Clock, MeshSettings } from '@crossroads/configuration';
import type { ValidationContext } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';

/** What requests are validated against: the mode, and the current day in Brussels. */
@Injectable()
export class Validation {
  constructor(
    private readonly mesh: MeshSettings,
    private readonly clock: Clock,
  ) {}

  context(): ValidationContext {
    return { mode: this.mesh.CROSSROADS_MODE, today: dayOf(this.clock.now()) };
  }
}
