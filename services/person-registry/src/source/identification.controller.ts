import { SourceServiceService } from '@crossroads/contracts/source/v1/source_service';
import { GrpcController, RequestValidation } from '@crossroads/grpc';
import { ReceiptKeySettings, SourceController } from '@crossroads/source/nest';
import { PolicyFollower } from '@crossroads/policy';
import { personRegistry, RPCS } from '@crossroads/topology';
import { IDENTIFICATION } from '../person/identification.js';
import { Identifications } from './identifications.js';

/** The registry as an authentic source: supplies `person.identification.v1` to the exchange. */
@GrpcController(SourceServiceService, RPCS['person-registry']['crossroads.source.v1.SourceService'])
export class IdentificationController extends SourceController {
  constructor(
    receipts: ReceiptKeySettings,
    validation: RequestValidation,
    policy: PolicyFollower,
    identifications: Identifications,
  ) {
    super({
      party: `service:${personRegistry.name}`,
      dataServices: [IDENTIFICATION],
      receipts: receipts.accepted(),
      institutionKeys: (customer) => policy.policy().institution(customer)?.officialKeys ?? [],
      // The operator of the exchange runs this source as well.
      receiptStore: 'none',
      validation: () => validation.context(),
      supply: ({ ssin, day, fieldGroups }) => identifications.find(ssin, day, fieldGroups),
    });
  }
}
