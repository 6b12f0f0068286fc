import type { ListParkedRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { fields, PageTokens, parseRequest, requestPipe } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

const listParkedRequest = fields.message({ pageSize: fields.pageSize() });

export interface ListParkedInput extends z.output<typeof listParkedRequest> {
  readonly after: bigint;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListParkedPipe implements PipeTransform<ListParkedRequest, ListParkedInput> {
  constructor(private readonly pageTokens: PageTokens) {}

  transform({ pageToken, ...request }: ListParkedRequest): ListParkedInput {
    const input = parseRequest(listParkedRequest, request);
    const after = this.pageTokens.decode(pageToken, {}, (position) =>
      typeof position === 'string' ? BigInt(position) : undefined,
    );
    return { ...input, after: after ?? 0n };
  }
}

const redriveParkedRequest = fields.message({
  requestId: fields.requestId,
  /** Absent: of all persons. */
  personId: fields.optional(fields.uuid),
});

export type RedriveParkedInput = z.output<typeof redriveParkedRequest>;

export const RedriveParkedPipe = requestPipe(redriveParkedRequest);
