import type {
  DecideDeliberationRequest,
  GetDeliberationRequest,
  ListDeliberationsRequest,
  RevokeDeliberationRequest,
  SubmitDeliberationRequest,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import {
  readEnterpriseNumber,
  readFields,
  readOptional,
  readPageSize,
  readRequestId,
  readUuid,
} from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { readPublicText, valid } from '../policy/fields.js';
import { type DraftInput, readDraft } from './deliberation.reader.js';

const MAX_REASON_LENGTH = 2_000;

export interface SubmitDeliberationInput {
  readonly requestId: string;
  readonly draft: DraftInput;
}

export interface RevokeDeliberationInput {
  readonly requestId: string;
  readonly deliberationId: string;
  readonly reason: string;
}

export interface DecideDeliberationInput extends RevokeDeliberationInput {
  readonly approve: boolean;
}

export interface GetDeliberationInput {
  readonly deliberationId: string;
}

export interface ListDeliberationsInput {
  /** Empty: of any recipient. */
  readonly recipient: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class SubmitDeliberationPipe implements PipeTransform<SubmitDeliberationRequest, SubmitDeliberationInput> {
  transform({ requestId, deliberation }: SubmitDeliberationRequest): SubmitDeliberationInput {
    return readFields({ requestId: readRequestId(requestId), draft: readDraft(deliberation) });
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class DecideDeliberationPipe implements PipeTransform<DecideDeliberationRequest, DecideDeliberationInput> {
  transform({ requestId, deliberationId, approve, reason }: DecideDeliberationRequest): DecideDeliberationInput {
    return readFields({
      requestId: readRequestId(requestId),
      deliberationId: readUuid('deliberation_id', deliberationId),
      // A rejection must be explained; an approval needs no reason.
      reason: approve && reason === '' ? valid('') : readPublicText('reason', reason, MAX_REASON_LENGTH),
      approve: valid(approve),
    });
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RevokeDeliberationPipe implements PipeTransform<RevokeDeliberationRequest, RevokeDeliberationInput> {
  transform({ requestId, deliberationId, reason }: RevokeDeliberationRequest): RevokeDeliberationInput {
    return readFields({
      requestId: readRequestId(requestId),
      deliberationId: readUuid('deliberation_id', deliberationId),
      reason: readPublicText('reason', reason, MAX_REASON_LENGTH),
    });
  }
}

/** @throws InvalidInput */
@Injectable()
export class GetDeliberationPipe implements PipeTransform<GetDeliberationRequest, GetDeliberationInput> {
  transform({ deliberationId }: GetDeliberationRequest): GetDeliberationInput {
    return readFields({ deliberationId: readUuid('deliberation_id', deliberationId) });
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class ListDeliberationsPipe implements PipeTransform<ListDeliberationsRequest, ListDeliberationsInput> {
  transform(request: ListDeliberationsRequest): ListDeliberationsInput {
    const { pageSize, recipient = '' } = readFields({
      pageSize: readPageSize(request.pageSize, { usual: 50, max: 100 }),
      recipient: readOptional(request.recipient, (number) => readEnterpriseNumber('recipient', number)),
    });
    return { pageSize, recipient, pageToken: request.pageToken };
  }
}
