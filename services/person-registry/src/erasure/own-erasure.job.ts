import { Tombstones } from '@crossroads/privacy';
import { ErasureJob } from '@crossroads/service';
import { Injectable } from '@nestjs/common';
import { ErasureCommands } from './erasure.commands.js';

/** Destroys the registry's own keys. */
@Injectable()
export class OwnErasureJob extends ErasureJob {
  constructor(
    tombstones: Tombstones,
    private readonly commands: ErasureCommands,
  ) {
    super(tombstones);
  }

  protected override acknowledge(personId: string): Promise<void> {
    return this.commands.acknowledge(personId);
  }
}
