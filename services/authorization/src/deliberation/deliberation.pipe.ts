import type { DecideDeliberationRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest, requestPipe } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { publicText } from '../policy/fields.js';
import { draftSchema } from './deliberation.reader.js';

const { requestId, uuid: deliberationId } = fields;
const reason = publicText(2_000);

const submitDeliberation = fields
  .message({ requestId, deliberation: draftSchema })
  .transform(({ deliberation: draft, ...rest }) => ({ ...rest, draft }));
const rejection = fields.message({ requestId, deliberationId, reason, approve: z.boolean() });
const approval = fields.message({
  requestId,
  deliberationId,
  reason: fields.optional(reason).transform((given = '') => given),
  approve: z.boolean(),
});
const revokeDeliberation = fields.message({ requestId, deliberationId, reason });
const getDeliberation = fields.message({ deliberationId });
const listDeliberations = fields.message({
  pageSize: fields.pageSize({ usual: 50, max: 100 }),
  pageToken: z.string(),
  /** Empty: of any recipient. */
  recipient: fields.optional(fields.enterpriseNumber).transform((number) => number ?? ''),
});

export type SubmitDeliberationInput = z.output<typeof submitDeliberation>;
export type DecideDeliberationInput = z.output<typeof rejection>;
export type RevokeDeliberationInput = z.output<typeof revokeDeliberation>;
export type GetDeliberationInput = z.output<typeof getDeliberation>;
export type ListDeliberationsInput = z.output<typeof listDeliberations>;

export const SubmitDeliberationPipe = requestPipe(submitDeliberation);

/** A rejection must be explained; an approval needs no reason. @throws InvalidInput naming every field that is wrong */
@Injectable()
export class DecideDeliberationPipe implements PipeTransform<DecideDeliberationRequest, DecideDeliberationInput> {
  transform(request: DecideDeliberationRequest): DecideDeliberationInput {
    return request.approve ? parseRequest(approval, request) : parseRequest(rejection, request);
  }
}

export const RevokeDeliberationPipe = requestPipe(revokeDeliberation);

export const GetDeliberationPipe = requestPipe(getDeliberation);

export const ListDeliberationsPipe = requestPipe(listDeliberations);
