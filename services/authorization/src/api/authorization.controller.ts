import { randomUUID } from 'node:crypto';
import type {
  AuthorizationServiceService,
  CheckRequest,
  CheckResponse,
  DecideDeliberationRequest,
  GetDeliberationRequest,
  GetDeliberationResponse,
  ListDataServicesRequest,
  ListDataServicesResponse,
  ListDeliberationsRequest,
  ListDeliberationsResponse,
  RegisterApplicationRequest,
  RegisterDataServiceRequest,
  RegisterInstitutionRequest,
  RegisterSignInProviderRequest,
  RevokeDeliberationRequest,
  SubmitDeliberationRequest,
  WatchRequest,
  WatchResponse,
  WithdrawKeyRequest,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import {
  type Call,
  InvalidInput,
  type Read,
  readEnterpriseNumber,
  readFields,
  readRequestId,
  readUuid,
  requestKey,
  type Serves,
} from '@crossroads/grpc';
import type { Actor, PolicyCommand } from '../domain/policy.js';
import type { LivePolicy } from '../live-policy.js';
import type { Answer, PolicyCommands } from '../policy-commands.js';
import { watchPolicy } from '../watch.js';
import { check } from './check.js';
import { good, readAll, readPublicText } from './fields.js';
import type { PolicyLists } from './policy-lists.js';
import { readDataService } from './read-data-service.js';
import { readDraft } from './read-deliberation.js';
import {
  readApplication,
  readApplicationName,
  readInstitution,
  readSignInProvider,
  readSpkiHash,
} from './read-institution.js';
import { type Reader, readerOf } from './reader.js';

const MAX_REASON_LENGTH = 2_000;

/** Proto in, proto out. The rules are in the domain; `Check` is `libs/policy`, as every service has it. */
export class AuthorizationController implements Serves<typeof AuthorizationServiceService> {
  constructor(
    private readonly commands: PolicyCommands,
    private readonly live: LivePolicy,
    private readonly lists: PolicyLists,
    private readonly now: () => Date = () => new Date(),
  ) {}

  registerInstitution(request: RegisterInstitutionRequest, call: Call): Promise<Answer> {
    const fields = this.read(request, { institution: readInstitution(request.institution) });
    return this.handle(call, request, (actor) => ({ type: 'RegisterInstitution', ...fields, actor }));
  }

  registerApplication(request: RegisterApplicationRequest, call: Call): Promise<Answer> {
    const fields = this.read(request, { application: readApplication(request.application) });
    return this.handle(call, request, (actor) => ({ type: 'RegisterApplication', ...fields, actor }));
  }

  withdrawKey(request: WithdrawKeyRequest, call: Call): Promise<Answer> {
    const fields = this.read(request, {
      enterpriseNumber: readEnterpriseNumber('enterprise_number', request.enterpriseNumber),
      application: readApplicationName('application', request.application),
      spkiHash: readSpkiHash('spki_hash', request.spkiHash),
    });
    return this.handle(call, request, (actor) => ({ type: 'WithdrawKey', ...fields, actor }));
  }

  registerDataService(request: RegisterDataServiceRequest, call: Call): Promise<Answer> {
    const fields = this.read(request, { dataService: readDataService(request.dataService) });
    return this.handle(call, request, (actor) => ({ type: 'RegisterDataService', ...fields, actor }));
  }

  registerSignInProvider(request: RegisterSignInProviderRequest, call: Call): Promise<Answer> {
    const fields = this.read(request, { signInProvider: readSignInProvider(request.signInProvider) });
    return this.handle(call, request, (actor) => ({ type: 'RegisterSignInProvider', ...fields, actor }));
  }

  submitDeliberation(request: SubmitDeliberationRequest, call: Call): Promise<Answer> {
    const fields = this.read(request, { draft: readDraft(request.deliberation, randomUUID()) });
    return this.handle(call, request, (actor) => ({ type: 'SubmitDeliberation', ...fields, actor }));
  }

  decideDeliberation(request: DecideDeliberationRequest, call: Call): Promise<Answer> {
    const { approve } = request;
    const time = this.now().toISOString();
    const fields = this.read(request, {
      deliberationId: readUuid('deliberation_id', request.deliberationId),
      // Who is refused is owed a reason; a yes may speak for itself.
      reason: approve && request.reason === '' ? good('') : readPublicText('reason', request.reason, MAX_REASON_LENGTH),
    });
    return this.handle(call, request, (actor) => ({ type: 'DecideDeliberation', ...fields, approve, time, actor }));
  }

  revokeDeliberation(request: RevokeDeliberationRequest, call: Call): Promise<Answer> {
    const time = this.now().toISOString();
    const fields = this.read(request, {
      deliberationId: readUuid('deliberation_id', request.deliberationId),
      reason: readPublicText('reason', request.reason, MAX_REASON_LENGTH),
    });
    return this.handle(call, request, (actor) => ({ type: 'RevokeDeliberation', ...fields, time, actor }));
  }

  async getDeliberation(request: GetDeliberationRequest, call: Call): Promise<GetDeliberationResponse> {
    const { deliberationId } = readFields({ deliberationId: readUuid('deliberation_id', request.deliberationId) });
    return { deliberation: this.lists.deliberation(this.reader(call), deliberationId) };
  }

  async listDeliberations(request: ListDeliberationsRequest, call: Call): Promise<ListDeliberationsResponse> {
    return this.lists.deliberations(this.reader(call), request);
  }

  async listDataServices(request: ListDataServicesRequest, _call: Call): Promise<ListDataServicesResponse> {
    return this.lists.dataServices(request);
  }

  watch({ fromRevision }: WatchRequest, { signal }: Call): AsyncIterable<WatchResponse> {
    if (fromRevision < 0n)
      throw new InvalidInput({
        field: 'from_revision',
        reason: 'NEGATIVE',
        description: '0, or a revision that you hold',
      });
    return watchPolicy(this.live, fromRevision, signal);
  }

  async check(request: CheckRequest, call: Call): Promise<CheckResponse> {
    return check(this.live.index, this.reader(call), request, this.now());
  }

  /** All that is wrong is told at once: the id beside the other fields. */
  private read<Fields extends object>(
    { requestId }: { readonly requestId: string },
    fields: { readonly [Name in keyof Fields]: Read<Fields[Name]> },
  ): Fields {
    const id = readRequestId(requestId);
    const read = readAll(fields);
    if (id.ok && read.ok) return read.value;
    const [first, ...others] = [id, read].flatMap((one) => (one.ok ? [] : one.violations));
    throw first ? new InvalidInput(first, ...others) : new TypeError('a field is wrong without a reason');
  }

  private handle(
    call: Call,
    { requestId }: { readonly requestId: string },
    command: (actor: Actor) => PolicyCommand,
  ): Promise<Answer> {
    const { caller } = call;
    if (caller.kind !== 'institution') throw new TypeError('only institutions are let in here');
    return this.commands.handle(command(caller), requestKey(call, caller.enterpriseNumber, requestId));
  }

  private reader({ caller }: Call): Reader {
    return readerOf(caller, this.live.index);
  }
}
