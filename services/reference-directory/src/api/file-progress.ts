import { createHash } from 'node:crypto';
import {
  InscribeFileChunk,
  InscribeFileHeader,
  type InscribeFileLine,
  type InscribeFileRequest,
  type InscribeFileResponse,
} from '@crossroads/contracts/directory/v1/directory_service';
import {
  type Call,
  type ValidationContext,
  InvalidInput,
  type Read,
  readFields,
  readInscriptionContext,
  readRequestId,
  readSsin,
} from '@crossroads/grpc';
import type { CheckedLine, Inscriber, Refused } from '../application/inscriber.js';
import { numberMessages } from '../application/number-reasons.js';
import type { Acting } from './acting.js';
import { readDays, readUntil } from './input.js';

const MAX_LINES = 5_000;

export interface FileOptions {
  readonly inscriber: Inscriber;
  readonly acting: Acting;
  readonly door: () => ValidationContext;
}

/**
 * Each chunk is a request of its own, under the file's id and the chunk's place: sent again after a cut, those that went in
 * give the answers that they gave, and the rest goes in.
 */
export async function* fileProgress(
  { inscriber, acting, door }: FileOptions,
  requests: AsyncIterable<InscribeFileRequest>,
  call: Call,
): AsyncGenerator<InscribeFileResponse> {
  const messages = requests[Symbol.asyncIterator]();
  const first = await messages.next();
  const header = headerOf(first.done ? undefined : first.value);
  const { requestId } = readFields({ requestId: readRequestId(header.requestId) });
  const institution = acting.institutionOf(call.caller, header.institution);
  const type = header.uninscribe ? 'Uninscribe' : 'Inscribe';
  let [linesRead, changed, unchanged] = [0, 0, 0];
  const progress = (refused: readonly Refused[], descriptions: Descriptions): InscribeFileResponse => ({
    linesRead: BigInt(linesRead),
    changed: BigInt(changed),
    unchanged: BigInt(unchanged),
    refused: refused.map(({ line, reason }) => ({
      line: BigInt(line),
      reason,
      description: descriptions.get(reason) ?? '',
    })),
    done: false,
  });

  for (let place = 0; ; place++) {
    const next = await messages.next();
    if (next.done) break;
    const chunk = chunkOf(next.value);
    // A last day that is not given is yesterday, also when the chunk comes again tomorrow: then its answer is known.
    const { lines, malformed, descriptions } = readLines(chunk.lines, linesRead, header.uninscribe, door());
    const hash = createHash('sha256')
      .update(InscribeFileHeader.encode(header).finish())
      .update(InscribeFileChunk.encode(chunk).finish())
      .digest();
    const key = { institution, rpc: `${call.rpc}#${place}`, requestId, hash };
    // Who acts for whom can change while a long file is under way.
    acting.institutionOf(call.caller, header.institution);
    const outcome = await inscriber.many(type, institution, lines, key, malformed);
    linesRead += chunk.lines.length;
    changed += outcome.changed;
    unchanged += outcome.unchanged;
    yield progress(outcome.refused, descriptions);
  }
  yield { ...progress([], new Map()), done: true };
}

type Descriptions = ReadonlyMap<string, string>;

const readLines = (
  lines: readonly InscribeFileLine[],
  before: number,
  uninscribe: boolean,
  door: ValidationContext,
) => {
  const checked: CheckedLine[] = [];
  const malformed: Refused[] = [];
  const descriptions = new Map<string, string>(Object.entries(numberMessages));
  for (const [n, message] of lines.entries()) {
    const line = before + n + 1;
    const read = readLine(message, uninscribe, door);
    if (read.ok) checked.push({ line, ...read.value });
    else {
      const [first = { reason: 'INVALID_INPUT', description: '' }] = read.violations;
      malformed.push({ line, reason: first.reason });
      descriptions.set(first.reason, first.description);
    }
  }
  return { lines: checked, malformed, descriptions };
};

const readLine = (
  message: InscribeFileLine,
  uninscribe: boolean,
  door: ValidationContext,
): Read<Omit<CheckedLine, 'line'>> => {
  const ssin = readSsin('ssin', message.ssin, door);
  if (!ssin.ok) return ssin;
  const context = readInscriptionContext('inscription_context', message.inscriptionContext);
  if (!context.ok) return context;
  const whole = readDays('period', message.period);
  const period = whole.ok && uninscribe ? readUntil('period.end_date', message.period?.endDate, door) : whole;
  if (!period.ok) return period;
  return { ok: true, value: { ssin: ssin.value, context: context.value, period: period.value } };
};

const headerOf = (request: InscribeFileRequest | undefined): InscribeFileHeader => {
  if (request?.part?.$case === 'header') return request.part.value;
  throw new InvalidInput({ field: 'header', reason: 'REQUIRED', description: 'the first message carries the header' });
};

const chunkOf = ({ part }: InscribeFileRequest): InscribeFileChunk => {
  if (part?.$case !== 'chunk')
    throw new InvalidInput({
      field: 'chunk',
      reason: 'REQUIRED',
      description: 'each message after the first carries a chunk of lines',
    });
  if (part.value.lines.length > MAX_LINES)
    throw new InvalidInput({
      field: 'chunk.lines',
      reason: 'TOO_MANY',
      description: `at most ${MAX_LINES} lines a chunk; send more chunks`,
    });
  return part.value;
};
