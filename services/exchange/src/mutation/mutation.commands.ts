import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import type { ReportMutationResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { Commands, PostgresEventStore, type RequestKey, Streams } from '@crossroads/eventsourcing';
import { type Caller, InvalidInput, PermissionDenied } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { type CompiledDataService, cut, PersonQuotas, PolicyFollower, rightMissing } from '@crossroads/policy';
import { SubjectSealer } from '@crossroads/privacy';
import { DataSchemas } from '@crossroads/source/client';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { failureOf, notAvailable, refusalOfNumber, tooMany } from '../consultation/refusals.js';
import { dateMessage } from '../sources/date.message.js';
import { DirectoryClient } from '../sources/directory-client.js';
import { MUTATIONS, mutationDecider, mutationsOf } from './mutation.decider.js';
import type { ReportMutationInput } from './report-mutation.pipe.js';

/** The registry publishes changes of these on its own topic. */
const REGISTRY_ONLY = /^person\.identification\./;
const MAX_VIOLATIONS = 20;

const answerCodec = z.object({
  mutationId: z.string(),
  sourceRevision: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
});

/** Stores the changes that authentic sources report. */
@Injectable()
export class MutationCommands {
  private readonly streams;

  constructor(
    private readonly policies: PolicyFollower,
    private readonly directory: DirectoryClient,
    private readonly schemas: DataSchemas,
    private readonly sealer: SubjectSealer,
    private readonly clock: Clock,
    private readonly commands: Commands,
    private readonly store: PostgresEventStore,
    private readonly quotas: PersonQuotas,
  ) {
    this.streams = new Streams(store, { type: MUTATIONS, decider: mutationDecider, events: { MutationReported: [] } });
  }

  async report(
    caller: Caller,
    reporter: string,
    input: ReportMutationInput,
    request: RequestKey,
  ): Promise<ReportMutationResponse> {
    const service = this.requireReporter(caller, reporter, input);
    await this.requireValidData(service, input);
    const person = await this.directory.check(input.ssin, [reporter], dayOf(this.clock.now()));
    const { personId } = person;
    if (person.inscriptions.length === 0) {
      const isWithin = await this.quotas.take(reporter, 'misses', input.ssin);
      throw failureOf(isWithin ? notAvailable : tooMany);
    }
    const refusal = refusalOfNumber(person.state);
    if (refusal) throw failureOf(refusal);

    const { ssin, dataService, sourceRevision, changedFieldGroups, data, effectiveDate } = input;
    const mutation = Mutation.fromPartial({
      personId,
      ssin,
      dataService,
      sourceRevision,
      changedFieldGroups,
      data,
      effectiveDate: dateMessage(effectiveDate),
      recordedTime: this.clock.now(),
      reporter,
    });
    const streamId = mutationsOf(personId, dataService);
    const aad = mutationAad(streamId, String(sourceRevision));
    const sealed = await this.sealer.sealForSubject(personId, Mutation.encode(mutation).finish(), aad);
    const command = { version: 1, personId, sourceRevision: String(sourceRevision), sealed } as const;
    const mutationId = randomUUID();
    return this.commands.execute({
      request,
      answerCodec,
      decide: async () => {
        // The last event says all that is decided on.
        const last = await this.store.readLast(streamId);
        const stream = await this.streams.fold(streamId, last ? [last] : []);
        const append = await this.streams.append(stream, this.streams.decide(command, stream), { mutationId });
        return {
          appends: [{ ...append, routingKey: personId }],
          answer: { mutationId, sourceRevision },
        };
      },
    });
  }

  /** @throws PermissionDenied, InvalidInput */
  private requireReporter(caller: Caller, reporter: string, input: ReportMutationInput): CompiledDataService {
    const policy = this.policies.policy();
    if (!policy.institution(reporter))
      throw new PermissionDenied('UNKNOWN_INSTITUTION', 'the reporter is no member of the network');
    if (!policy.mayActFor(caller, reporter))
      throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent the reporter');
    if (REGISTRY_ONLY.test(input.dataService))
      throw new PermissionDenied('REPORTED_BY_REGISTRY', 'identification data is changed at the person registry');
    const service = policy.dataService(input.dataService);
    if (!service) throw new PermissionDenied('UNKNOWN_DATA_SERVICE', 'no such data service is registered');
    const unknown = input.changedFieldGroups.findIndex((group) => !service.fieldGroups.has(group));
    if (unknown >= 0)
      throw new InvalidInput({
        field: `changed_field_groups[${unknown}]`,
        reason: 'UNKNOWN_FIELD_GROUP',
        description: 'the data service has no such field group',
      });
    const mayReport = policy.reportedBy(reporter, input.dataService);
    const denied = input.changedFieldGroups.filter((group) => !mayReport.has(group));
    if (denied.length > 0)
      throw new PermissionDenied(
        'NOT_A_REPORTER',
        'the institution is not registered to report changes of these groups',
        {
          metadata: { fieldGroups: denied.join(',') },
        },
      );
    if (caller.kind === 'institution' && !policy.rightsOf(caller).reports(input.dataService, input.changedFieldGroups))
      throw rightMissing(`report:${input.dataService}:${input.changedFieldGroups.join(',')}`);
    return service;
  }

  /** The data must hold every changed group completely, and nothing else. @throws InvalidInput */
  private async requireValidData(
    service: CompiledDataService,
    { data, changedFieldGroups }: ReportMutationInput,
  ): Promise<void> {
    const unexpected = cut(data, service, changedFieldGroups).filtered.map(({ path }) => ({
      field: `data.${path}`,
      reason: 'NOT_IN_CHANGED_FIELD_GROUPS',
      description: 'data holds the changed field groups only',
    }));
    const violation = await this.schemas.violation(service, changedFieldGroups, data);
    const broken = violation && {
      field: violation.path === '' ? 'data' : `data.${violation.path}`,
      reason: 'SCHEMA',
      description: `breaks "${violation.keyword}" of the data service's JSON Schema; it may break others as well`,
    };
    const [first, ...others] = [...unexpected, ...(broken ? [broken] : [])].slice(0, MAX_VIOLATIONS);
    if (first) throw new InvalidInput(first, ...others);
  }
}

/** Binds the sealed mutation to its stream and revision. */
export const mutationAad = (streamId: string, sourceRevision: string): string => `${streamId}/${sourceRevision}`;
