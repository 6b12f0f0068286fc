import { fields, perContext, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { mailboxReference } from './mailbox-reference.js';

const MAX_LABEL_LENGTH = 64;

const change = { requestId: fields.requestId, mailbox: mailboxReference };

const addDelegateRequest = perContext((context) =>
  fields.message({
    ...change,
    ssin: fields.ssin(context),
    label: fields.text({ max: MAX_LABEL_LENGTH }),
    period: fields.period.transform(({ start = context.today, end }, refinement) => {
      if (end !== undefined && end <= context.today)
        return fields.refuseAt(refinement, ['endDate'], 'PERIOD_ENDED', 'ends today or later; or leave the end out');
      return { startsOn: start, endsBefore: end ?? null };
    }),
  }),
);
const removeDelegateRequest = fields.message({ ...change, delegationId: fields.uuid });
const listDelegatesRequest = fields.message({ mailbox: mailboxReference });

export type AddDelegateInput = z.output<ReturnType<typeof addDelegateRequest>>;
export type RemoveDelegateInput = z.output<typeof removeDelegateRequest>;
export type ListDelegatesInput = z.output<typeof listDelegatesRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const AddDelegatePipe = requestPipe(addDelegateRequest);
export const RemoveDelegatePipe = requestPipe(removeDelegateRequest);
export const ListDelegatesPipe = requestPipe(listDelegatesRequest);
