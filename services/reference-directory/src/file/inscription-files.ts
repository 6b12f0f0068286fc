import { createHash } from 'node:crypto';
import { InscribeFileChunk, type InscribeFileResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { type Call, RequestValidation } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { InscriptionCommands, type Outcome } from '../inscription/inscription.commands.js';
import { lineMessages } from '../inscription/line-reasons.js';
import { Representation } from '../inscription/representation.js';
import { readChunk } from './file-line.reader.js';
import type { InscribeFileInput } from './inscribe-file.pipe.js';

/**
 * Applies the file of an institution. Each chunk is a request of its own, under the id of the file and the index of the chunk: when a
 * client sends the file again after a lost connection, chunks that were applied get their stored answers.
 */
@Injectable()
export class InscriptionFiles {
  constructor(
    private readonly commands: InscriptionCommands,
    private readonly representation: Representation,
    private readonly validation: RequestValidation,
    private readonly policy: PolicyFollower,
  ) {}

  /** Progress after each chunk, and once more at the end. @throws PermissionDenied, InvalidInput */
  async *inscribe(input: InscribeFileInput, call: Call): AsyncGenerator<InscribeFileResponse> {
    const { requestId, uninscribe, headerBytes, chunks } = input;
    const type = uninscribe ? 'Uninscribe' : 'Inscribe';
    let [linesRead, changed, unchanged, index] = [0, 0, 0, 0];
    const progress = (refused: InscribeFileResponse['refused'], done: boolean): InscribeFileResponse => ({
      linesRead: BigInt(linesRead),
      changed: BigInt(changed),
      unchanged: BigInt(unchanged),
      refused,
      done,
    });

    this.representation.institutionFor(call.caller, input.institution);
    for await (const chunk of chunks) {
      // Checked again: a key, its right or a representation may be withdrawn while a long file is being sent.
      this.policy.requireAllowed(call);
      const by = this.representation.inscriberFor(call.caller, input.institution);
      // The hash covers the bytes, not what was read: "yesterday" is another day when the chunk is sent again tomorrow.
      const hash = createHash('sha256').update(headerBytes).update(InscribeFileChunk.encode(chunk).finish()).digest();
      const key = { institution: by.institution, rpc: `${call.rpc}#${index++}`, requestId, hash };
      const { descriptions, ...read } = readChunk(chunk.lines, linesRead, uninscribe, this.validation.context());
      const outcome = await this.commands.executeChunk(type, by, read, key);
      linesRead += chunk.lines.length;
      changed += outcome.changed;
      unchanged += outcome.unchanged;
      yield progress(refusedLines(outcome, descriptions), false);
    }
    yield progress([], true);
  }
}

const refusedLines = ({ refused }: Outcome, descriptions: ReadonlyMap<string, string>) =>
  refused.map(({ line, reason }) => ({
    line: BigInt(line),
    reason,
    description: LINE_MESSAGES.get(reason) ?? descriptions.get(reason) ?? '',
  }));

const LINE_MESSAGES = new Map<string, string>(Object.entries(lineMessages));
