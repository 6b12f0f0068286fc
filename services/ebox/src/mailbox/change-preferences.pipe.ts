import { fields, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';
import { language } from './language.reader.js';
import { mailboxReference } from './mailbox-reference.js';

/** The longest that mail servers take (RFC 5321). */
const MAX_ADDRESS_LENGTH = 254;

const emailAddress = z.email().max(MAX_ADDRESS_LENGTH);

const notificationAddress = fields.field((raw: string, refuse): string | undefined => {
  if (raw === '') return undefined;
  if (emailAddress.safeParse(raw).success) return raw;
  return refuse(
    'MALFORMED_EMAIL_ADDRESS',
    `an e-mail address such as name@example.org, at most ${MAX_ADDRESS_LENGTH} characters; empty for none`,
  );
});

const changePreferencesRequest = fields.message({
  requestId: fields.requestId,
  mailbox: mailboxReference,
  preferences: fields.message(
    { language, exclusivelyEbox: z.boolean(), notificationAddress },
    'the preferences, whole',
  ),
});

export type ChangePreferencesInput = z.output<typeof changePreferencesRequest>;

/** @throws InvalidInput naming every field that is wrong, without the address */
export const ChangePreferencesPipe = requestPipe(changePreferencesRequest);
