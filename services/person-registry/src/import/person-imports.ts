import { withTimeout } from '@crossroads/configuration';
import type { ImportPersonsRequest, ImportPersonsResponse } from '@crossroads/contracts/person/v1/person_service';
import { type Call, type Caller, fields, parseRequest, perContext, RequestValidation } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { givenNumber } from '../number/number.reader.js';
import { factsSchema, refuseSelfRelations } from '../person/fact.reader.js';
import { groupsOf } from '../person/facts.js';
import { Reporters } from '../person/reporters.js';
import { ImportCommands, type ImportRecord } from './import.commands.js';
import { ImportProgress } from './import-progress.js';

const MAX_BATCH_SIZE = 200;
/** A slow sender does not wait for a full batch. */
const MAX_BATCH_DELAY_MS = 100;
/** Callers are promised a report every second. */
const REPORT_INTERVAL_MS = 500;

const importRecord = perContext((context) =>
  fields
    .message({ ssin: givenNumber(context), facts: factsSchema(context) })
    .transform(({ ssin: number, facts }, issues): ImportRecord => {
      refuseSelfRelations(issues, facts, number.ssin);
      return { number, facts };
    }),
);

/** Imports a stream of records. The next batch is read once one is written, so that flow control slows the sender. */
@Injectable()
export class PersonImports {
  constructor(
    private readonly commands: ImportCommands,
    private readonly reporters: Reporters,
    private readonly validation: RequestValidation,
    private readonly policy: PolicyFollower,
  ) {}

  async *import(requests: AsyncIterable<ImportPersonsRequest>, call: Call): AsyncGenerator<ImportPersonsResponse> {
    const progress = new ImportProgress();
    let reportedAt = performance.now();
    for await (const batch of batchesOf(requests)) {
      const writing = this.write(batch, call, progress);
      while (!(await settlesWithin(REPORT_INTERVAL_MS, writing))) yield progress.report(false);
      await writing;
      if (performance.now() - reportedAt < REPORT_INTERVAL_MS) continue;
      yield progress.report(false);
      reportedAt = performance.now();
    }
    yield progress.report(true);
  }

  private async write(batch: readonly ImportPersonsRequest[], call: Call, progress: ImportProgress): Promise<void> {
    // An import lasts for hours: a key, or its right, can be withdrawn meanwhile.
    this.policy.requireAllowed(call);
    const { caller } = call;
    const references: string[] = [];
    const records: ImportRecord[] = [];
    for (const request of batch) {
      try {
        records.push(this.read(request, caller));
        references.push(request.reference);
      } catch (error) {
        progress.refuse(request.reference, error);
      }
    }
    if (records.length === 0) return;
    const outcomes = await this.commands.import(records, this.reporters.requireGroups(caller, []));
    for (const [index, outcome] of outcomes.entries()) progress.add(references[index] ?? '', outcome);
  }

  /** @throws InvalidInput, PermissionDenied */
  private read(request: ImportPersonsRequest, caller: Caller): ImportRecord {
    const record = parseRequest(importRecord(this.validation.context()), request);
    this.reporters.requireGroups(caller, groupsOf(record.facts));
    return record;
  }
}

/** Batches in the order of the requests; an empty one when none came in time. */
async function* batchesOf<Request>(requests: AsyncIterable<Request>): AsyncGenerator<readonly Request[]> {
  const source = requests[Symbol.asyncIterator]();
  let next = nextOf(source);
  for (;;) {
    const batch: Request[] = [];
    const until = performance.now() + MAX_BATCH_DELAY_MS;
    while (batch.length < MAX_BATCH_SIZE) {
      if (!(await settlesWithin(until - performance.now(), next))) break;
      const read = await next;
      if (read.done) {
        yield batch;
        return;
      }
      batch.push(read.value);
      next = nextOf(source);
    }
    yield batch;
  }
}

/** Requested ahead of time, so a failure may come before anybody awaits it. */
const nextOf = <Value>(source: AsyncIterator<Value>): Promise<IteratorResult<Value>> => {
  const next = source.next();
  next.catch(() => undefined);
  return next;
};

/** Whether the work ends in time, by success or failure. */
const settlesWithin = (ms: number, work: Promise<unknown>): Promise<boolean> => {
  const settled = work.then(
    () => true,
    () => true,
  );
  return withTimeout(Math.max(ms, 0), settled).catch(() => false);
};
