import {
  type InscribeFileChunk,
  InscribeFileHeader,
  type InscribeFileRequest,
} from '@crossroads/contracts/directory/v1/directory_service';
import { fields, InvalidInput, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { institution } from '../inscription/inscription.reader.js';

const MAX_LINES = 5_000;

const fileHeader = fields.message({ requestId: fields.requestId, institution });

export interface InscribeFileInput extends z.output<typeof fileHeader> {
  readonly uninscribe: boolean;
  /** The header as it was sent; hashed with each chunk. */
  readonly headerBytes: Uint8Array;
  /** Throws InvalidInput at a message that is not a chunk, or that has too many lines. */
  readonly chunks: AsyncIterable<InscribeFileChunk>;
}

/** Waits for the header, and reads it. @throws InvalidInput naming every wrong field */
@Injectable()
export class InscribeFilePipe implements PipeTransform<AsyncIterable<InscribeFileRequest>, Promise<InscribeFileInput>> {
  async transform(requests: AsyncIterable<InscribeFileRequest>): Promise<InscribeFileInput> {
    const messages = requests[Symbol.asyncIterator]();
    const first = await messages.next();
    const header = headerOf(first.done ? undefined : first.value);
    return {
      ...parseRequest(fileHeader, header),
      uninscribe: header.uninscribe,
      headerBytes: InscribeFileHeader.encode(header).finish(),
      chunks: chunksOf(messages),
    };
  }
}

const headerOf = (request: InscribeFileRequest | undefined): InscribeFileHeader => {
  if (request?.part?.$case === 'header') return request.part.value;
  throw new InvalidInput({ field: 'header', reason: 'REQUIRED', description: 'the first message carries the header' });
};

async function* chunksOf(messages: AsyncIterator<InscribeFileRequest>): AsyncGenerator<InscribeFileChunk> {
  for (let next = await messages.next(); !next.done; next = await messages.next()) yield chunkOf(next.value);
}

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
