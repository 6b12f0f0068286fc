import { Clock, MeshSettings } from '@crossroads/configuration';
import { SourceServiceService } from '@crossroads/contracts/source/v1/source_service';
import { GrpcController } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { ReceiptKeySettings, SourceController } from '@crossroads/source/nest';
import { RPCS } from '@crossroads/topology';
import { IDENTIFICATION } from '../person/identification.js';
import { Identifications } from './identifications.js';

/** The registry as an authentic source: supplies `person.identification.v1` to the exchange. */
@GrpcController(SourceServiceService, RPCS['person-registry']['crossroads.source.v1.SourceService'])
export class IdentificationController extends SourceController {
  constructor(receipts: ReceiptKeySettings, mesh: MeshSettings, clock: Clock, identifications: Identifications) {
    super({
      dataServices: [IDENTIFICATION],
      receiptKeys: receipts.readKeys(),
      validation: () => ({ mode: mesh.CROSSROADS_MODE, today: dayOf(clock.now()) }),
      supply: ({ ssin, day, fieldGroups }) => identifications.find(ssin, day, fieldGroups),
    });
  }
}
