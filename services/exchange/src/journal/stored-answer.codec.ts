import type { Json } from '@crossroads/eventsourcing';
import { z } from 'zod';

const refusal = z.object({
  kind: z.enum(['PERMISSION_DENIED', 'FAILED_PRECONDITION', 'NOT_FOUND', 'RESOURCE_EXHAUSTED']),
  reason: z.string(),
  message: z.string(),
  metadata: z.record(z.string(), z.string()),
});

const storedAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('intended'),
    access: z.object({ journalId: z.string(), ticket: z.string(), personId: z.string() }),
  }),
  z.object({ kind: z.literal('refused'), refusal }),
]);

/** A refusal as it is returned to the caller. It holds nothing personal, so it is stored in the clear. */
export type Refusal = Readonly<z.infer<typeof refusal>>;

/** What is stored with a request: its access, or its refusal. Never the data of an answer. */
export type StoredAnswer = Readonly<z.infer<typeof storedAnswer>>;

export const storedAnswerCodec = {
  encode: (answer: StoredAnswer): Json => storedAnswer.encode(answer),
  decode: (stored: Json): StoredAnswer => storedAnswer.decode(stored as z.input<typeof storedAnswer>),
};
