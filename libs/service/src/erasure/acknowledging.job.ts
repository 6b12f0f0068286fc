import { ErasureServiceService } from '@crossroads/contracts/person/v1/erasure_service';
import { GrpcClients } from '@crossroads/grpc';
import { Tombstones } from '@crossroads/privacy';
import { personRegistry } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { ErasureJob } from './erasure.job.js';

/** Acknowledges to the person registry. */
@Injectable()
export class AcknowledgingJob extends ErasureJob {
  private readonly registry;

  constructor(tombstones: Tombstones, clients: GrpcClients) {
    super(tombstones);
    this.registry = clients.connect({ service: personRegistry.name, definition: ErasureServiceService });
  }

  protected override acknowledge(personId: string): Promise<unknown> {
    return this.registry.acknowledgeErasure({ personId });
  }
}
