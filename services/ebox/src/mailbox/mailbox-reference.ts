import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { fields } from '@crossroads/grpc';
import { z } from 'zod';

const given = fields.message({
  by: fields.oneof({ mailboxId: fields.uuid, enterpriseNumber: fields.enterpriseNumber }),
});

/** A mailbox; absent or empty: that of the person who is signed in. */
export const mailboxReference = z.preprocess(
  (raw: MailboxReference | undefined) => (raw?.by === undefined ? undefined : raw),
  z.optional(given),
);
