import { fields, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';
import { dataServiceName, distinctList } from '../policy/fields.js';

const MAX_WORDS = 200;
const MAX_RECIPIENTS = 1_000;

const revision = fields.field((raw: bigint, refuse): bigint =>
  raw >= 0n ? raw : refuse('INVALID_REVISION', 'the policy_revision of an earlier answer, or 0'),
);

const getVocabulary = fields.message({ policyRevision: revision });
const searchDeliberations = fields.message({
  words: fields.optional(fields.text({ max: MAX_WORDS })),
  recipients: distinctList(fields.enterpriseNumber, { min: 0, max: MAX_RECIPIENTS }),
  dataService: fields.optional(dataServiceName),
  legalContext: fields.optional(fields.legalContext),
  inForceOnly: z.boolean(),
  pageSize: fields.pageSize({ usual: 20, max: 100 }),
  pageToken: z.string(),
});
const getPublishedDeliberation = fields.message({ deliberationId: fields.uuid });

export type GetVocabularyInput = z.output<typeof getVocabulary>;
export type SearchDeliberationsInput = z.output<typeof searchDeliberations>;
export type GetPublishedDeliberationInput = z.output<typeof getPublishedDeliberation>;

export const GetVocabularyPipe = requestPipe(getVocabulary);

export const SearchDeliberationsPipe = requestPipe(searchDeliberations);

export const GetPublishedDeliberationPipe = requestPipe(getPublishedDeliberation);
