import type {
  ListParkedRequest,
  RedriveParkedRequest,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { PageTokens, readFields, readOptional, readPageSize, readRequestId, readUuid } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';

export interface ListParkedInput {
  readonly pageSize: number;
  readonly after: bigint;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListParkedPipe implements PipeTransform<ListParkedRequest, ListParkedInput> {
  constructor(private readonly pageTokens: PageTokens) {}

  transform({ pageSize, pageToken }: ListParkedRequest): ListParkedInput {
    const input = readFields({ pageSize: readPageSize(pageSize) });
    const after = this.pageTokens.decode(pageToken, {}, (position) =>
      typeof position === 'string' ? BigInt(position) : undefined,
    );
    return { ...input, after: after ?? 0n };
  }
}

export interface RedriveParkedInput {
  readonly requestId: string;
  /** Absent: of all persons. */
  readonly personId: string | undefined;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RedriveParkedPipe implements PipeTransform<RedriveParkedRequest, RedriveParkedInput> {
  transform({ requestId, personId }: RedriveParkedRequest): RedriveParkedInput {
    return readFields({
      requestId: readRequestId(requestId),
      personId: readOptional(personId, (id) => readUuid('person_id', id)),
    });
  }
}
