import type {
  ImportPersonsRequest,
  ImportPersonsResponse,
  RefusedRecord,
} from '@crossroads/contracts/person/v1/person_service';
import { Rejection } from '@crossroads/eventsourcing';
import { InvalidInput, PermissionDenied } from '@crossroads/grpc';
import type { Importer, ImportRecord } from '../importer.js';

export interface ImportSteps {
  /** @throws InvalidInput, PermissionDenied, Rejection: then the record is refused, and the others go on. */
  readonly read: (request: ImportPersonsRequest) => ImportRecord;
  readonly import: (records: readonly ImportRecord[]) => ReturnType<Importer['import']>;
}

const BATCH = 200;
/** Whoever sends slowly is not kept waiting for a full batch. */
const FLUSH_AFTER_MS = 100;
/** So that there is word at least once a second. */
const TELL_EVERY_MS = 500;

/** Reads only as fast as it writes: the stream's flow control slows the sender. */
export async function* importPersons(
  requests: AsyncIterable<ImportPersonsRequest>,
  steps: ImportSteps,
  now: () => number = () => performance.now(),
): AsyncGenerator<ImportPersonsResponse> {
  const progress = new Progress();
  const source = requests[Symbol.asyncIterator]();
  let told = now();
  for (let ended = false, next = read(source); !ended; ) {
    const batch: ImportPersonsRequest[] = [];
    const until = now() + FLUSH_AFTER_MS;
    while (batch.length < BATCH) {
      const one = await within(next, until - now());
      if (one === LATE) break;
      if (one.done) {
        ended = true;
        break;
      }
      batch.push(one.value);
      next = read(source);
    }
    const working = progress.take(batch, steps);
    while ((await within(working, TELL_EVERY_MS)) === LATE) yield progress.tell(false);
    await working;
    if (!ended && now() - told >= TELL_EVERY_MS) {
      yield progress.tell(false);
      told = now();
    }
  }
  yield progress.tell(true);
}

/** Asked for ahead of time: a failure is seen when it is waited for, not before. */
const read = <Value>(source: AsyncIterator<Value>): Promise<IteratorResult<Value>> => {
  const next = source.next();
  next.catch(() => undefined);
  return next;
};

const LATE = Symbol('late');

const within = async <Value>(work: Promise<Value>, ms: number): Promise<Value | typeof LATE> => {
  const { promise: late, resolve } = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => resolve(LATE), Math.max(ms, 0));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

class Progress {
  private recordsRead = 0n;
  private readonly counts = { registered: 0n, changed: 0n, unchanged: 0n };
  private refused: RefusedRecord[] = [];

  async take(batch: readonly ImportPersonsRequest[], steps: ImportSteps): Promise<void> {
    if (batch.length === 0) return;
    const references: string[] = [];
    const records: ImportRecord[] = [];
    for (const request of batch) {
      try {
        records.push(steps.read(request));
        references.push(request.reference);
      } catch (error) {
        this.refuse(request.reference, error);
      }
    }
    const outcomes = await steps.import(records);
    outcomes.forEach((outcome, index) => {
      if (outcome instanceof Rejection) this.refuse(references[index] ?? '', outcome);
      else this.counts[outcome]++;
    });
    this.recordsRead += BigInt(batch.length);
  }

  tell(done: boolean): ImportPersonsResponse {
    const refused = this.refused;
    this.refused = [];
    return { recordsRead: this.recordsRead, ...this.counts, refused, done };
  }

  private refuse(reference: string, error: unknown): void {
    if (error instanceof InvalidInput) {
      const [{ reason, field, description }] = error.violations;
      this.refused.push({ reference, reason, description: `${field}: ${description}` });
    } else if (error instanceof Rejection || error instanceof PermissionDenied) {
      this.refused.push({ reference, reason: String(error.reason), description: error.message });
    } else throw error;
  }
}
