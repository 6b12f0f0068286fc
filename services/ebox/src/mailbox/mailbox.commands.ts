import { randomUUID } from 'node:crypto';
import { Commands, type RequestKey } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MailboxDecisions } from './mailbox-decisions.js';
import type { Language } from './mailbox.entity.js';
import type { Reader } from './readers.js';
import { NOTIFICATION_ADDRESS, SealedTexts } from './sealed-texts.js';

export interface NewPreferences {
  readonly language: Language;
  readonly exclusivelyEbox: boolean;
  /** Absent: none. */
  readonly notificationAddress: string | undefined;
}

const opened = z.object({ mailboxId: z.string() });
const withdrawn = z.object({ consented: z.boolean() });
const changed = z.object({});

/** What owners decide on their mailbox. */
@Injectable()
export class MailboxCommands {
  constructor(
    private readonly commands: Commands,
    private readonly decisions: MailboxDecisions,
    private readonly texts: SealedTexts,
  ) {}

  /** The first one opens the mailbox. @returns the id of the mailbox */
  async giveConsent(
    { ownerIds, enterpriseNumber, frontEnd }: Reader,
    { channel, language = 'nl' }: { readonly channel: string; readonly language: Language | undefined },
    request: RequestKey,
  ): Promise<string> {
    const { mailboxId } = await this.commands.execute({
      request,
      answerCodec: opened,
      decide: async () => {
        const { stream, channels } = await this.decisions.load(ownerIds);
        const mailboxId = stream.state.mailboxId ?? randomUUID();
        const decided = await this.decisions.decide(stream, {
          type: 'GiveConsent',
          channel,
          frontEnd: frontEnd.enterpriseNumber,
          isGiven: channels.has(channel),
          mailboxId,
          enterpriseNumber: enterpriseNumber || null,
          language,
        });
        return { ...decided, answer: { mailboxId } };
      },
    });
    return mailboxId;
  }

  /** @returns whether another channel still has consent */
  async withdrawConsent({ ownerIds, frontEnd }: Reader, channel: string, request: RequestKey): Promise<boolean> {
    const { consented } = await this.commands.execute({
      request,
      answerCodec: withdrawn,
      decide: async () => {
        const { stream, channels } = await this.decisions.load(ownerIds);
        const isGiven = channels.delete(channel);
        const decided = await this.decisions.decide(stream, {
          type: 'WithdrawConsent',
          channel,
          frontEnd: frontEnd.enterpriseNumber,
          isGiven,
        });
        return { ...decided, answer: { consented: channels.size > 0 } };
      },
    });
    return consented;
  }

  async changePreferences(
    { ownerIds }: Reader,
    { notificationAddress: address, ...preferences }: NewPreferences,
    request: RequestKey,
  ): Promise<void> {
    await this.commands.execute({
      request,
      answerCodec: changed,
      decide: async () => {
        const { stream } = await this.decisions.load(ownerIds);
        const sealed =
          address === undefined ? null : await this.texts.seal(stream.streamId, address, NOTIFICATION_ADDRESS);
        const command = { type: 'ChangePreferences', ...preferences, notificationAddress: sealed } as const;
        return { ...(await this.decisions.decide(stream, command)), answer: {} };
      },
    });
  }
}
