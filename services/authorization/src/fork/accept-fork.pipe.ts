import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';

const acceptFork = fields.message({
  requestId: fields.requestId,
  policyRevision: fields.field((raw: bigint, refuse): bigint =>
    raw > 0n ? raw : refuse('REQUIRED', 'the present revision of the policy, which you have looked at'),
  ),
});

export type AcceptForkInput = z.output<typeof acceptFork>;

export const AcceptForkPipe = requestPipe(acceptFork);
