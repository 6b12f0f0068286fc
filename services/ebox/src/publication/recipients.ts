import {
  type CheckResponse,
  DirectoryServiceService,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { Batcher } from '@crossroads/eventsourcing';
import { type Connection, FailedPrecondition, InjectClient, NotFound } from '@crossroads/grpc';
import { enterpriseIdOf } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import type { MessageInput } from './new-message.reader.js';

interface Check {
  readonly ssin: string;
  readonly sender: string;
}

/** Finds who receives a message. */
@Injectable()
export class Recipients {
  private readonly checks = new Batcher<Check, CheckResponse>((checks) => this.checkAll(checks), {
    stopsWithCalls: true,
  });

  constructor(
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'batchCheck'>,
  ) {}

  /**
   * All ids of a recipient, the current one first.
   * @throws NotFound `UNKNOWN_SSIN`; FailedPrecondition `REPLACED_SSIN`, `CANCELED_SSIN`
   */
  async idsOf({
    recipient,
    sender,
  }: Pick<MessageInput, 'recipient' | 'sender'>): Promise<readonly [string, ...string[]]> {
    if (recipient.$case === 'enterpriseNumber') return [enterpriseIdOf(recipient.value)];
    const { state, personId, mergedPersonIds } = await this.checks.load({ ssin: recipient.value, sender });
    if (state === NumberState.NUMBER_STATE_VALID) return [personId, ...mergedPersonIds];
    if (state === NumberState.NUMBER_STATE_REPLACED)
      throw new FailedPrecondition(
        'REPLACED_SSIN',
        'another number has replaced this one; use the one that replaces it',
      );
    if (state === NumberState.NUMBER_STATE_CANCELED)
      throw new FailedPrecondition('CANCELED_SSIN', 'this number was cancelled; find the right number of the person');
    throw new NotFound('UNKNOWN_SSIN', 'nobody has this number; check it');
  }

  private async checkAll(checks: readonly Check[]): Promise<readonly CheckResponse[]> {
    const persons = checks.map(({ ssin }) => ({ by: { $case: 'ssin', value: ssin } as const }));
    // Without a filter the answer would have all inscriptions of each person.
    const institutions = [...new Set(checks.map(({ sender }) => sender))];
    const { results } = await this.directory.batchCheck({ persons, institutions, date: undefined });
    return results;
  }
}
