import { Language as LanguageMessage } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { language } from './language.reader.js';
import { mailboxReference } from './mailbox-reference.js';

const CHANNEL = /^[A-Z0-9_]{1,32}$/;

const channel = fields.field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: where the owner reads, for example MY_EBOX');
  return CHANNEL.test(raw) ? raw : refuse('MALFORMED_CHANNEL', 'capitals, digits and underscores, at most 32');
});

const change = { requestId: fields.requestId, mailbox: mailboxReference, channel };

const giveConsentRequest = fields.message({
  ...change,
  language: fields
    .field(
      (raw: LanguageMessage): LanguageMessage =>
        raw === LanguageMessage.LANGUAGE_UNSPECIFIED ? LanguageMessage.LANGUAGE_NL : raw,
    )
    .pipe(language),
});
const withdrawConsentRequest = fields.message(change);

export type GiveConsentInput = z.output<typeof giveConsentRequest>;
export type WithdrawConsentInput = z.output<typeof withdrawConsentRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const GiveConsentPipe = requestPipe(giveConsentRequest);
export const WithdrawConsentPipe = requestPipe(withdrawConsentRequest);
