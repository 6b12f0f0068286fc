import { fields, perContext, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { givenNumber } from '../number/number.reader.js';
import { factsSchema, refuseSelfRelations } from '../person/fact.reader.js';

const { requestId } = fields;

const registerPerson = perContext((context) =>
  fields
    .message({ requestId, ssin: givenNumber(context), facts: factsSchema(context) })
    .transform(({ ssin: number, ...input }, issues) => {
      refuseSelfRelations(issues, input.facts, number.ssin);
      return { ...input, number };
    }),
);
export type RegisterPersonInput = z.output<ReturnType<typeof registerPerson>>;

export const RegisterPersonPipe = requestPipe(registerPerson);

/** 0 stands for none. */
const expectedSourceRevision = fields.field((raw: bigint, refuse): bigint | undefined => {
  if (raw < 0n) return refuse('INVALID_REVISION', 'a revision is 1 or more, or 0 for whichever');
  return raw === 0n ? undefined : raw;
});

const changePerson = perContext((context) =>
  fields
    .message({ requestId, ssin: fields.ssin(context), facts: factsSchema(context), expectedSourceRevision })
    .transform((input, issues) => {
      refuseSelfRelations(issues, input.facts, input.ssin);
      return input;
    }),
);
export type ChangePersonInput = z.output<ReturnType<typeof changePerson>>;

export const ChangePersonPipe = requestPipe(changePerson);

const replaceSsin = perContext((context) =>
  fields
    .message({ requestId, ssin: fields.ssin(context), replacingSsin: givenNumber(context) })
    .transform(({ replacingSsin: replacing, ...input }) => ({ ...input, replacing })),
);
export type ReplaceSsinInput = z.output<ReturnType<typeof replaceSsin>>;

export const ReplaceSsinPipe = requestPipe(replaceSsin);

const ssinOnly = perContext((context) => fields.message({ requestId, ssin: fields.ssin(context) }));
/** Of `UnreplaceSsin` and `ProposeCancellation`. */
export type SsinInput = z.output<ReturnType<typeof ssinOnly>>;

export const SsinPipe = requestPipe(ssinOnly);

const proposeMerge = perContext((context) =>
  fields.message({ requestId, ssin: fields.ssin(context), replacingSsin: fields.ssin(context) }),
);
export type ProposeMergeInput = z.output<ReturnType<typeof proposeMerge>>;

export const ProposeMergePipe = requestPipe(proposeMerge);

const confirmProposal = perContext((context) =>
  fields.message({
    requestId,
    proposalId: fields.uuid,
    ssin: fields.ssin(context),
    replacingSsin: fields.optional(fields.ssin(context)),
  }),
);
export type ConfirmProposalInput = z.output<ReturnType<typeof confirmProposal>>;

export const ConfirmProposalPipe = requestPipe(confirmProposal);

const contestProposal = perContext(() => fields.message({ requestId, proposalId: fields.uuid }));
export type ContestProposalInput = z.output<ReturnType<typeof contestProposal>>;

export const ContestProposalPipe = requestPipe(contestProposal);
