import {
  type BatchCheckResponse,
  type CheckResponse,
  DirectoryServiceService,
  type InscribeFileResponse,
  type InscribeResponse,
  type ListInscribedPersonsResponse,
  type ListInscriptionsResponse,
  type UninscribeResponse,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type Call, GrpcController, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { type InscribeFileInput, InscribeFilePipe } from '../file/inscribe-file.pipe.js';
import { InscriptionFiles } from '../file/inscription-files.js';
import { type InscribeInput, InscribePipe } from '../inscription/inscribe.pipe.js';
import { InscriptionCommands } from '../inscription/inscription.commands.js';
import { InscribedPersons } from '../inscription/inscribed-persons.js';
import { InscriptionList } from '../inscription/inscription-list.js';
import {
  type ListInscribedPersonsInput,
  ListInscribedPersonsPipe,
} from '../inscription/list-inscribed-persons.pipe.js';
import { type ListInscriptionsInput, ListInscriptionsPipe } from '../inscription/list-inscriptions.pipe.js';
import { Representation } from '../inscription/representation.js';
import { type UninscribeInput, UninscribePipe } from '../inscription/uninscribe.pipe.js';
import { type BatchCheckInput, BatchCheckPipe } from '../lookup/batch-check.pipe.js';
import { type CheckInput, CheckPipe } from '../lookup/check.pipe.js';
import { Checks } from '../lookup/checks.js';

/** Institutions inscribe and list; services of the mesh check. */
@GrpcController(DirectoryServiceService, RPCS['reference-directory']['crossroads.directory.v1.DirectoryService'])
@UseGuards(RegisteredKeyGuard)
export class DirectoryController {
  constructor(
    private readonly commands: InscriptionCommands,
    private readonly files: InscriptionFiles,
    private readonly inscriptions: InscriptionList,
    private readonly inscribedPersons: InscribedPersons,
    private readonly checks: Checks,
    private readonly representation: Representation,
  ) {}

  @Rpc(DirectoryServiceService.inscribe, InscribePipe)
  async inscribe({ requestId, institution, ...line }: InscribeInput, call: Call): Promise<InscribeResponse> {
    const by = this.representation.inscriberFor(call.caller, institution);
    const request = requestKey(call, by.institution, requestId);
    return { changed: await this.commands.executeLine('Inscribe', by, line, request) };
  }

  @Rpc(DirectoryServiceService.uninscribe, UninscribePipe)
  async uninscribe({ requestId, institution, ...line }: UninscribeInput, call: Call): Promise<UninscribeResponse> {
    const by = this.representation.inscriberFor(call.caller, institution);
    const request = requestKey(call, by.institution, requestId);
    return { changed: await this.commands.executeLine('Uninscribe', by, line, request) };
  }

  @Rpc(DirectoryServiceService.inscribeFile, InscribeFilePipe, { lane: 'bulk' })
  inscribeFile(input: InscribeFileInput, call: Call): AsyncIterable<InscribeFileResponse> {
    return this.files.inscribe(input, call);
  }

  @Rpc(DirectoryServiceService.listInscriptions, ListInscriptionsPipe, { lane: 'batch' })
  async listInscriptions(input: ListInscriptionsInput, call: Call): Promise<ListInscriptionsResponse> {
    return this.inscriptions.list(this.representation.institutionFor(call.caller, input.institution), input);
  }

  @Rpc(DirectoryServiceService.check, CheckPipe)
  check(input: CheckInput): Promise<CheckResponse> {
    return this.checks.check(input);
  }

  @Rpc(DirectoryServiceService.batchCheck, BatchCheckPipe)
  batchCheck(input: BatchCheckInput): Promise<BatchCheckResponse> {
    return this.checks.batchCheck(input);
  }

  @Rpc(DirectoryServiceService.listInscribedPersons, ListInscribedPersonsPipe, { lane: 'batch' })
  listInscribedPersons(input: ListInscribedPersonsInput): Promise<ListInscribedPersonsResponse> {
    return this.inscribedPersons.list(input);
  }
}
