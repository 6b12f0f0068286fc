import { randomUUID } from 'node:crypto';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import type { ReportMutationResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { commandHandler, type EventStore, type Json, type RequestKey } from '@crossroads/eventsourcing';
import { type Caller, InvalidInput, PermissionDenied } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { type CompiledDataService, cut, type PolicyFollower } from '@crossroads/policy';
import type { SubjectSealer } from '@crossroads/privacy';
import type { Directory } from '../consultation/ports.js';
import { failureOf, refusalOfNumber } from '../consultation/refusals.js';
import type { DataSchemas } from '../sources/data-schemas.js';
import { dateMessage } from '../sources/date-message.js';
import { storedText } from '../journal/stored-text.js';
import type { AskedReport } from './mutation-request.js';
import { MUTATIONS, mutationStream, mutationsOf } from './mutation-stream.js';

/** The registry reports changes of these itself, on its own topic. */
const REGISTRY_ONLY = /^person\.identification\./;
const MAX_VIOLATIONS = 20;

export interface MutationsOptions {
  readonly policies: Pick<PolicyFollower, 'policy'>;
  readonly directory: Directory;
  readonly schemas: DataSchemas;
  readonly store: EventStore;
  readonly sealer: SubjectSealer;
  readonly now: () => Date;
}

/** Changes that authentic sources report. */
export class Mutations {
  private readonly handle;

  constructor(private readonly options: MutationsOptions) {
    this.handle = commandHandler({ store: options.store, decider: mutationStream, streamType: MUTATIONS });
  }

  async report(
    caller: Caller,
    reporter: string,
    asked: AskedReport,
    request: RequestKey,
  ): Promise<ReportMutationResponse> {
    const service = this.requireReporter(caller, reporter, asked);
    this.requireSound(service, asked);
    const { directory, sealer, now } = this.options;
    const { state, personId } = await directory.check(asked.ssin, [reporter], dayOf(now()));
    const refused = refusalOfNumber(state);
    if (refused || state !== NumberState.NUMBER_STATE_VALID)
      throw refused ? failureOf(refused) : new TypeError('no person');

    const { ssin, dataService, sourceRevision, changedFieldGroups, data, effectiveDate } = asked;
    const mutation = Mutation.fromPartial({
      personId,
      ssin,
      dataService,
      sourceRevision,
      changedFieldGroups,
      data,
      effectiveDate: dateMessage(effectiveDate),
      recordedTime: now(),
      reporter,
    });
    const streamId = mutationsOf(personId, dataService);
    const place = mutationPlace(streamId, String(sourceRevision));
    const sealed = await sealer.sealForSubject(personId, Mutation.encode(mutation).finish(), place);
    const mutationId = randomUUID();
    const answer = await this.handle({
      streamId,
      command: { version: 1, personId, sourceRevision: String(sourceRevision), sealed },
      request,
      answer: () => ({ mutationId, sourceRevision: String(sourceRevision) }),
      metadata: { mutationId },
    });
    return answerOf(answer);
  }

  /** @throws PermissionDenied, InvalidInput */
  private requireReporter(caller: Caller, reporter: string, asked: AskedReport): CompiledDataService {
    const policy = this.options.policies.policy();
    if (!policy.institution(reporter))
      throw new PermissionDenied('UNKNOWN_INSTITUTION', 'the reporter is no member of the network');
    if (!policy.mayActFor(caller, reporter))
      throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent the reporter');
    if (REGISTRY_ONLY.test(asked.dataService))
      throw new PermissionDenied('REPORTED_BY_REGISTRY', 'identification data is changed at the person registry');
    const service = policy.dataService(asked.dataService);
    if (!service) throw new PermissionDenied('UNKNOWN_DATA_SERVICE', 'no such data service is registered');
    const unknown = asked.changedFieldGroups.findIndex((group) => !service.fieldGroups.has(group));
    if (unknown >= 0)
      throw new InvalidInput({
        field: `changed_field_groups[${unknown}]`,
        reason: 'UNKNOWN_FIELD_GROUP',
        description: 'the data service has no such field group',
      });
    const mayReport = policy.reportedBy(reporter, asked.dataService);
    const denied = asked.changedFieldGroups.filter((group) => !mayReport.has(group));
    if (denied.length > 0)
      throw new PermissionDenied(
        'NOT_A_REPORTER',
        'the institution is not registered to report changes of these groups',
        {
          metadata: { fieldGroups: denied.join(',') },
        },
      );
    return service;
  }

  /** Each changed group whole, and nothing else. @throws InvalidInput */
  private requireSound(service: CompiledDataService, { data, changedFieldGroups }: AskedReport): void {
    const stray = cut(data, service, changedFieldGroups).filtered.map(({ path }) => ({
      field: `data.${path}`,
      reason: 'NOT_IN_CHANGED_FIELD_GROUPS',
      description: 'data holds the changed field groups only',
    }));
    const broken = this.options.schemas.violations(service, changedFieldGroups, data).map(({ path, keyword }) => ({
      field: path === '' ? 'data' : `data.${path}`,
      reason: 'SCHEMA',
      description: `breaks "${keyword}" of the data service's JSON Schema`,
    }));
    const [first, ...others] = [...stray, ...broken].slice(0, MAX_VIOLATIONS);
    if (first) throw new InvalidInput(first, ...others);
  }
}

/** Where a mutation is kept; bound into its seal. */
export const mutationPlace = (streamId: string, sourceRevision: string): string => `${streamId}/${sourceRevision}`;

const answerOf = (kept: Json): ReportMutationResponse => ({
  mutationId: storedText(kept, 'mutationId'),
  sourceRevision: BigInt(storedText(kept, 'sourceRevision')),
});
