import { DocumentStoreSettings } from '@crossroads/document/store';
import { type ReasonCodes, status } from '@crossroads/grpc';
import { defineService } from '@crossroads/service';
import { ReceiptSettings } from '@crossroads/transparency/nest';
import { UploadOwners1764230400006 } from './document/upload-owners.migration.js';
import { UploadEntity } from './document/upload.entity.js';
import { Uploads1764230400002 } from './document/uploads.migration.js';
import { OpenDownloads1764230400003 } from './journal/open-downloads.migration.js';
import { ConsentEntity } from './mailbox/consent.entity.js';
import { DelegationEntity } from './mailbox/delegation.entity.js';
import { MailboxEntity } from './mailbox/mailbox.entity.js';
import { Mailboxes1764230400000 } from './mailbox/mailboxes.migration.js';
import type { MailboxReason } from './mailbox/mailbox.decider.js';
import type { MessageReason } from './message/message.decider.js';
import { Messages1764230400001 } from './message/messages.migration.js';
import { NoticeSettings } from './notice/notice.settings.js';
import { NoticeRuns1764230400005 } from './notice/notice-runs.migration.js';
import { MessageTypeSettings } from './publication/message-types.settings.js';
import { ProviderEvents1764230400004 } from './provider-event/provider-events.migration.js';

const reasonCodes: ReasonCodes<MailboxReason | MessageReason | 'SUBJECT_FORGOTTEN'> = {
  MAILBOX_NOT_OPEN: status.FAILED_PRECONDITION,
  TOO_MANY_DELEGATES: status.FAILED_PRECONDITION,
  MESSAGE_ALREADY_PUBLISHED: status.ALREADY_EXISTS,
  MESSAGE_NOT_PUBLISHED: status.NOT_FOUND,
  SUBJECT_FORGOTTEN: status.FAILED_PRECONDITION,
};

export const service = defineService({
  name: 'ebox',
  settings: [DocumentStoreSettings, ReceiptSettings, MessageTypeSettings, NoticeSettings],
  entities: [MailboxEntity, ConsentEntity, DelegationEntity, UploadEntity],
  migrations: [
    Mailboxes1764230400000,
    Messages1764230400001,
    Uploads1764230400002,
    OpenDownloads1764230400003,
    ProviderEvents1764230400004,
    NoticeRuns1764230400005,
    UploadOwners1764230400006,
  ],
  reasonCodes,
  loadS3Archive: () => import('@crossroads/document/s3'),
});
