import type { Readable } from 'node:stream';
import type { PipeTransform } from '@nestjs/common';
import { decoded, decodeWith } from '../streams.js';

interface Decoder {
  readonly requestStream: boolean;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
}

/** Decodes requests. Pipes run after the guards, so that nothing of a caller who may not call is parsed. @throws MalformedMessage */
export class DecodePipe implements PipeTransform<Buffer | Readable, unknown> {
  constructor(private readonly method: Decoder) {}

  transform(value: Buffer | Readable): unknown {
    const { requestStream, requestDeserialize } = this.method;
    if (requestStream) return decoded(value as Readable, requestDeserialize);
    return decodeWith(requestDeserialize, value as Buffer);
  }
}
