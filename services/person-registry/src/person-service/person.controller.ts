import {
  type CancelSsinResponse,
  type ChangePersonResponse,
  type ImportPersonsRequest,
  type ImportPersonsResponse,
  PersonServiceService,
  type RegisterPersonResponse,
  type ReplaceSsinResponse,
  type UnreplaceSsinResponse,
} from '@crossroads/contracts/person/v1/person_service';
import { type Call, GrpcController, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { PersonImports } from '../import/person-imports.js';
import { type FieldGroup, groupsOf } from '../person/facts.js';
import { type Origin, PersonCommands } from '../person/person.commands.js';
import { Reporters } from '../person/reporters.js';
import {
  type ChangePersonInput,
  ChangePersonPipe,
  type RegisterPersonInput,
  RegisterPersonPipe,
  type ReplaceSsinInput,
  ReplaceSsinPipe,
  type SsinInput,
  SsinPipe,
} from './person-requests.pipe.js';
import { NumberReporterGuard, ReporterGuard } from './reporter.guard.js';

/** For institutions that report identification data. */
@GrpcController(PersonServiceService, RPCS['person-registry']['crossroads.person.v1.PersonService'])
@UseGuards(RegisteredKeyGuard, ReporterGuard)
export class PersonController {
  constructor(
    private readonly reporters: Reporters,
    private readonly commands: PersonCommands,
    private readonly imports: PersonImports,
  ) {}

  @Rpc(PersonServiceService.registerPerson, RegisterPersonPipe)
  @UseGuards(NumberReporterGuard)
  async registerPerson({ requestId, number, facts }: RegisterPersonInput, call: Call): Promise<RegisterPersonResponse> {
    const origin = this.originOf(call, requestId, groupsOf(facts));
    return { sourceRevision: await this.commands.register(number, facts, origin) };
  }

  @Rpc(PersonServiceService.changePerson, ChangePersonPipe)
  async changePerson(input: ChangePersonInput, call: Call): Promise<ChangePersonResponse> {
    const { requestId, ssin, facts, expectedSourceRevision } = input;
    const origin = this.originOf(call, requestId, groupsOf(facts));
    return { sourceRevision: await this.commands.change(ssin, facts, origin, expectedSourceRevision) };
  }

  @Rpc(PersonServiceService.replaceSsin, ReplaceSsinPipe)
  @UseGuards(NumberReporterGuard)
  async replaceSsin({ requestId, ssin, replacing }: ReplaceSsinInput, call: Call): Promise<ReplaceSsinResponse> {
    return { sourceRevision: await this.commands.replace(ssin, replacing, this.originOf(call, requestId)) };
  }

  @Rpc(PersonServiceService.unreplaceSsin, SsinPipe)
  @UseGuards(NumberReporterGuard)
  async unreplaceSsin({ requestId, ssin }: SsinInput, call: Call): Promise<UnreplaceSsinResponse> {
    return { sourceRevision: await this.commands.unreplace(ssin, this.originOf(call, requestId)) };
  }

  @Rpc(PersonServiceService.cancelSsin, SsinPipe)
  @UseGuards(NumberReporterGuard)
  async cancelSsin({ requestId, ssin }: SsinInput, call: Call): Promise<CancelSsinResponse> {
    return { sourceRevision: await this.commands.cancel(ssin, this.originOf(call, requestId)) };
  }

  @Rpc(PersonServiceService.importPersons, undefined, { lane: 'bulk' })
  @UseGuards(NumberReporterGuard)
  importPersons(requests: AsyncIterable<ImportPersonsRequest>, call: Call): AsyncIterable<ImportPersonsResponse> {
    return this.imports.import(requests, call.caller);
  }

  /** @throws PermissionDenied unless the caller reports these groups */
  private originOf(call: Call, requestId: string, groups: readonly FieldGroup[] = []): Origin {
    const reporter = this.reporters.requireGroups(call.caller, groups);
    return { request: requestKey(call, reporter, requestId), reporter };
  }
}
