import type { ConfirmPolicyRequest, WatchRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest } from '@crossroads/grpc';
import type { PolicyHead } from '@crossroads/policy';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import type { WatchInput } from './policy-watch.js';

const SHA256_BYTES = 32;

const revision = fields.field((raw: bigint, refuse): bigint =>
  raw >= 0n ? raw : refuse('NEGATIVE', '0, or a revision that you hold'),
);
const hash = fields.field(
  (raw: Buffer, refuse): Buffer =>
    raw.length === 0 || raw.length === SHA256_BYTES
      ? raw
      : refuse(
          'MALFORMED_HASH',
          'the hash that came with the revision that you hold, 32 bytes; empty when you hold none',
        ),
);

const watchRequest = fields
  .message({ fromRevision: revision, fromHash: hash, snapshot: z.boolean() })
  .transform(({ fromRevision, fromHash, snapshot }) => ({
    held: { revision: fromRevision, hash: fromHash },
    snapshot,
  }));

/** What the watcher holds. @throws InvalidInput */
@Injectable()
export class WatchPipe implements PipeTransform<WatchRequest, WatchInput> {
  transform(request: WatchRequest): WatchInput {
    return parseRequest(watchRequest, request);
  }
}

const confirmRequest = fields
  .message({ policyRevision: revision, policyHash: hash })
  .transform(({ policyRevision, policyHash }, refinement) =>
    // A head without its hash would look like one of another history, which stops all decisions.
    policyRevision > 0n && policyHash.length === 0
      ? fields.refuseAt(refinement, ['policyHash'], 'REQUIRED', 'the hash that came with the revision')
      : { revision: policyRevision, hash: policyHash },
  );

/** @throws InvalidInput */
@Injectable()
export class ConfirmPolicyPipe implements PipeTransform<ConfirmPolicyRequest, PolicyHead> {
  transform(request: ConfirmPolicyRequest): PolicyHead {
    return parseRequest(confirmRequest, request);
  }
}
