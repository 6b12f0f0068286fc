import {
  type AcknowledgeErasureResponse,
  type ErasePersonResponse,
  erasureReasonFromJSON,
  ErasureServiceService,
  type GetErasureResponse,
} from '@crossroads/contracts/person/v1/erasure_service';
import { type Call, GrpcController, NotFound, PermissionDenied, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { Reporters } from '../person/reporters.js';
import { NumberReporterGuard } from '../person-service/reporter.guard.js';
import { ErasureCommands } from './erasure.commands.js';
import { acknowledgedAt } from './erasure.decider.js';
import {
  type AcknowledgeErasureInput,
  AcknowledgeErasurePipe,
  type ErasePersonInput,
  ErasePersonPipe,
  type GetErasureInput,
  GetErasurePipe,
} from './erasure.pipe.js';
import { Erasures } from './erasures.js';

/** Orders come from institutions that report names and births; acknowledgements from services. */
@GrpcController(ErasureServiceService, RPCS['person-registry']['crossroads.person.v1.ErasureService'])
@UseGuards(RegisteredKeyGuard)
export class ErasureController {
  constructor(
    private readonly reporters: Reporters,
    private readonly commands: ErasureCommands,
    private readonly erasures: Erasures,
  ) {}

  @Rpc(ErasureServiceService.erasePerson, ErasePersonPipe)
  @UseGuards(NumberReporterGuard)
  async erasePerson({ requestId, ssin, reason }: ErasePersonInput, call: Call): Promise<ErasePersonResponse> {
    const reporter = this.reporters.requireGroups(call.caller, []);
    const request = requestKey(call, reporter, requestId);
    return { erasureId: await this.commands.order(ssin, reason, { request, reporter }) };
  }

  @Rpc(ErasureServiceService.getErasure, GetErasurePipe)
  @UseGuards(NumberReporterGuard)
  async getErasure({ erasureId }: GetErasureInput): Promise<GetErasureResponse> {
    const { state } = await this.erasures.load(erasureId);
    const { order } = state;
    if (order === undefined) throw new NotFound('UNKNOWN_ERASURE', 'there is no erasure with this id');
    const services = order.services.map((service) => {
      const at = acknowledgedAt(state, service);
      return { service, acknowledgedTime: at === undefined ? undefined : new Date(at) };
    });
    const times = services.flatMap(({ acknowledgedTime }) => (acknowledgedTime ? [acknowledgedTime.getTime()] : []));
    return {
      erasure: {
        erasureId,
        reason: erasureReasonFromJSON(order.reason),
        orderedBy: order.orderedBy,
        orderedTime: order.recordedAt === undefined ? undefined : new Date(order.recordedAt),
        services,
        completedTime: times.length < services.length ? undefined : new Date(Math.max(...times)),
      },
    };
  }

  @Rpc(ErasureServiceService.acknowledgeErasure, AcknowledgeErasurePipe)
  async acknowledgeErasure({ personId }: AcknowledgeErasureInput, call: Call): Promise<AcknowledgeErasureResponse> {
    if (call.caller.kind !== 'service') throw new PermissionDenied('NOT_A_SERVICE', 'services of the mesh acknowledge');
    await this.commands.acknowledge(personId, call.caller.name);
    return {};
  }
}
