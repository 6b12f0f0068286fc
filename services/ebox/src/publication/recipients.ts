import { Clock } from '@crossroads/configuration';
import {
  type CheckResponse,
  DirectoryServiceService,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { Batcher } from '@crossroads/eventsourcing';
import { type Connection, FailedPrecondition, InjectClient, NotFound } from '@crossroads/grpc';
import { enterpriseIdOf } from '@crossroads/identifiers';
import { personsAsOne } from '@crossroads/sign-in';
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
    private readonly clock: Clock,
  ) {}

  /**
   * All ids of a recipient, the current one first. While persons who were made one are apart (`personsAsOne`), mail to a number is mail
   * to the person who had it, and the number is usable although another has replaced it: whoever arranges a merge must not receive the
   * mail of the other person.
   * @throws NotFound `UNKNOWN_SSIN`; FailedPrecondition `REPLACED_SSIN`, `CANCELED_SSIN`
   */
  async idsOf({
    recipient,
    sender,
  }: Pick<MessageInput, 'recipient' | 'sender'>): Promise<readonly [string, ...string[]]> {
    if (recipient.$case === 'enterpriseNumber') return [enterpriseIdOf(recipient.value)];
    const found = await this.checks.load({ ssin: recipient.value, sender });
    const { state, personId } = found;
    const ids = personsAsOne(found, this.clock.now());
    const isUsable =
      state === NumberState.NUMBER_STATE_REPLACED ? ids[0] !== personId : state === NumberState.NUMBER_STATE_VALID;
    if (isUsable) return ids;
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
