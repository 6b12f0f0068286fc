import type { ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { fields, perContext, requestPipe } from '@crossroads/grpc';
import { isJsonObject } from '@crossroads/source/client';
import type { z } from 'zod';
import type { JsonObject } from '@crossroads/policy';

const name = fields.text({ max: 128 });

const sourceRevision = fields.field((raw: bigint, refuse) =>
  raw > 0n ? raw : refuse('INVALID_SOURCE_REVISION', 'a whole number above zero'),
);

const data = fields.field(
  (raw: ReportMutationRequest['data'], refuse): JsonObject =>
    isJsonObject(raw) ? raw : refuse('REQUIRED', 'needed: the changed groups, each whole'),
);

const changedFieldGroups = fields.list(name, { max: 64 }).transform((groups, context) => {
  const second = groups.findIndex((group, index) => groups.indexOf(group) < index);
  return second < 0 ? groups : fields.refuseAt(context, [second], 'DUPLICATE', 'name each one once');
});

const reportMutationRequest = perContext((context) =>
  fields.message({
    requestId: fields.requestId,
    /** Absent: the caller's own institution. */
    reporter: fields.optional(fields.enterpriseNumber),
    ssin: fields.ssin(context),
    dataService: name,
    sourceRevision,
    changedFieldGroups,
    data,
    effectiveDate: fields.day,
  }),
);

/** A report whose fields are all well-formed. */
export type ReportMutationInput = z.output<ReturnType<typeof reportMutationRequest>>;

export const ReportMutationPipe = requestPipe(reportMutationRequest);
