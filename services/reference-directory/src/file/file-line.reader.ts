import type { InscribeFileLine } from '@crossroads/contracts/directory/v1/directory_service';
import { type Read, readInscriptionContext, readSsin, type ValidationContext } from '@crossroads/grpc';
import type { Chunk, FileLine, RefusedLine, ValidLine } from '../inscription/inscription.commands.js';
import { readRange, readRangeUntil } from '../inscription/inscription.reader.js';

/** A chunk as it was read, with a description of each reason for which a line was refused. */
export interface ReadChunk extends Chunk {
  readonly descriptions: ReadonlyMap<string, string>;
}

/** @param linesBefore The number of lines in the chunks before this one */
export const readChunk = (
  messages: readonly InscribeFileLine[],
  linesBefore: number,
  uninscribe: boolean,
  context: ValidationContext,
): ReadChunk => {
  const lines: FileLine[] = [];
  const malformed: RefusedLine[] = [];
  const descriptions = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    const line = linesBefore + index + 1;
    const read = readLine(message, uninscribe, context);
    if (read.ok) lines.push({ line, ...read.value });
    else {
      const [first = { reason: 'INVALID_INPUT', description: '' }] = read.violations;
      malformed.push({ line, reason: first.reason });
      descriptions.set(first.reason, first.description);
    }
  }
  return { lines, malformed, descriptions };
};

const readLine = (message: InscribeFileLine, uninscribe: boolean, context: ValidationContext): Read<ValidLine> => {
  const ssin = readSsin('ssin', message.ssin, context);
  if (!ssin.ok) return ssin;
  const inscriptionContext = readInscriptionContext('inscription_context', message.inscriptionContext);
  if (!inscriptionContext.ok) return inscriptionContext;
  const range = readRange('period', message.period);
  const period = range.ok && uninscribe ? readRangeUntil('period.end_date', message.period?.endDate, context) : range;
  if (!period.ok) return period;
  return { ok: true, value: { ssin: ssin.value, context: inscriptionContext.value, period: period.value } };
};
