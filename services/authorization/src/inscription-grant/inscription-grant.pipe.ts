import { fields, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';
import { distinctList } from '../policy/fields.js';

/** The list of quality codes has some three hundred. */
const MAX_CONTEXTS = 500;

const persons = fields.field((raw: number, refuse): number =>
  raw >= 0 ? raw : refuse('INVALID_QUOTA', 'a number of persons, or 0 for the usual quota'),
);

const grantInscriptions = fields.message({
  requestId: fields.requestId,
  inscriptionGrant: fields.message(
    {
      enterpriseNumber: fields.enterpriseNumber,
      inscriptionContexts: distinctList(fields.inscriptionContext, { min: 0, max: MAX_CONTEXTS }),
      earlierStarts: z.boolean(),
      dailyPersons: fields
        .optional(fields.message({ consulted: persons, inscribed: persons, misses: persons }))
        .transform((quota = { consulted: 0, inscribed: 0, misses: 0 }) => quota),
    },
    'the grant',
  ),
});

export type GrantInscriptionsInput = z.output<typeof grantInscriptions>;

export const GrantInscriptionsPipe = requestPipe(grantInscriptions);
