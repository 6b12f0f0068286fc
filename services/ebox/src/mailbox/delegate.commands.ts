import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import {
  type CheckResponse,
  DirectoryServiceService,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { Commands, type RequestKey } from '@crossroads/eventsourcing';
import { type Connection, InjectClient, InvalidInput, NotFound } from '@crossroads/grpc';
import { dayOf, type IsoDay, type Ssin } from '@crossroads/identifiers';
import { personsAsOne } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { DelegationRepository } from './delegation.repository.js';
import { MailboxDecisions } from './mailbox-decisions.js';
import type { Reader } from './readers.js';
import { labelPlace, SealedTexts } from './sealed-texts.js';

export interface NewDelegate {
  readonly ssin: Ssin;
  readonly label: string;
  readonly period: { readonly startsOn: IsoDay; readonly endsBefore: IsoDay | null };
}

const added = z.object({ delegationId: z.string() });
const removed = z.object({});

/** Whom owners let read their mailbox. */
@Injectable()
export class DelegateCommands {
  constructor(
    private readonly commands: Commands,
    private readonly decisions: MailboxDecisions,
    private readonly delegations: DelegationRepository,
    private readonly texts: SealedTexts,
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'check'>,
    private readonly clock: Clock,
  ) {}

  /** @returns the id of the delegation @throws InvalidInput naming `ssin`; Rejection */
  async add(reader: Reader, { ssin, label, period }: NewDelegate, request: RequestKey): Promise<string> {
    const { delegationId } = await this.commands.execute({
      request,
      answerCodec: added,
      decide: async () => {
        const delegateId = await this.delegateOf(reader, ssin);
        const { stream } = await this.decisions.load(reader.ownerIds);
        const delegates = await this.delegations.countOfOwner(reader.ownerIds, dayOf(this.clock.now()));
        const delegationId = randomUUID();
        const decided = await this.decisions.decide(stream, {
          type: 'AddDelegate',
          delegates,
          delegationId,
          delegateId,
          label: await this.texts.seal(stream.streamId, label, labelPlace(delegationId)),
          ...period,
        });
        return { ...decided, answer: { delegationId } };
      },
    });
    return delegationId;
  }

  /** @throws NotFound, the same for a delegation of somebody else */
  async remove({ ownerIds }: Reader, delegationId: string, request: RequestKey): Promise<void> {
    await this.commands.execute({
      request,
      answerCodec: removed,
      decide: async () => {
        const [row] = await this.delegations.byIds([delegationId]);
        if (!row || !ownerIds.includes(row.ownerId))
          throw new NotFound('RESOURCE_NOT_FOUND', 'there is no such delegation among those of this mailbox');
        const stream = await this.decisions.stream(row.ownerId);
        return { ...(await this.decisions.decide(stream, { type: 'RemoveDelegate', delegationId })), answer: {} };
      },
    });
  }

  private async delegateOf({ ownerIds, personId: reader, frontEnd }: Reader, ssin: Ssin): Promise<string> {
    const found = await this.directory.check({
      person: { by: { $case: 'ssin', value: ssin } },
      // Without a filter the answer would have all inscriptions of the person.
      institutions: [frontEnd.enterpriseNumber],
      date: undefined,
    });
    const [delegateId] = personsAsOne(found, this.clock.now());
    const violation = violationOf(found, delegateId);
    if (violation) throw new InvalidInput({ field: 'ssin', ...violation });
    // Somebody with a role in an enterprise would keep reading when the role has ended.
    if (delegateId === reader || ownerIds.includes(delegateId))
      throw new InvalidInput({ field: 'ssin', reason: 'OWN_SSIN', description: 'you read this mailbox already' });
    return delegateId;
  }
}

const violationOf = ({ state, personId }: CheckResponse, delegateId: string) => {
  if (state === NumberState.NUMBER_STATE_VALID) return undefined;
  // While persons who were made one are apart, the number is still that of the person who had it.
  if (state === NumberState.NUMBER_STATE_REPLACED && delegateId !== personId) return undefined;
  if (state === NumberState.NUMBER_STATE_REPLACED)
    return { reason: 'REPLACED_SSIN', description: 'this number was replaced; use the one that replaced it' };
  if (state === NumberState.NUMBER_STATE_CANCELED)
    return { reason: 'CANCELED_SSIN', description: 'this number was cancelled; find the right number of the person' };
  return { reason: 'UNKNOWN_SSIN', description: 'nobody has this number; check it' };
};
