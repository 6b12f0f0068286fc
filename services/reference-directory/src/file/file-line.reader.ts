import type { InscribeFileLine } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, InvalidInput, parseRequest, perContext, type ValidationContext } from '@crossroads/grpc';
import type { Chunk, FileLine, RefusedLine, ValidLine } from '../inscription/inscription.commands.js';
import { dayRange, lastDay } from '../inscription/inscription.reader.js';

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
    try {
      lines.push({ line, ...readLine(message, uninscribe, context) });
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      const [{ reason, description }] = error.violations;
      malformed.push({ line, reason });
      descriptions.set(reason, description);
    }
  }
  return { lines, malformed, descriptions };
};

const lineMessage = perContext((validation) =>
  fields.message({
    ssin: fields.ssin(validation),
    inscriptionContext: fields.inscriptionContext,
    period: dayRange,
  }),
);

/** @throws InvalidInput */
const readLine = (message: InscribeFileLine, uninscribe: boolean, validation: ValidationContext): ValidLine => {
  const { ssin, inscriptionContext: context, period } = parseRequest(lineMessage(validation), message);
  if (!uninscribe) return { ssin, context, period };
  return { ssin, context, period: parseRequest(lastDay(validation), message.period?.endDate) };
};
