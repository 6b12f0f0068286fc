import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { VocabularyModule } from '../vocabulary/vocabulary.module.js';
import { MailListController } from './mail-list.controller.js';
import { Mailboxes } from './mailboxes.js';
import { MessageController } from './message.controller.js';
import { DelegateController } from './settings/delegate.controller.js';
import { MailSettingsController } from './settings/mail-settings.controller.js';

/** Official mail, from the eBox. */
@Module({
  imports: [MeshClientsModule, VocabularyModule],
  // Settings before messages, whose ids may be any text.
  controllers: [MailListController, MailSettingsController, DelegateController, MessageController],
  providers: [Mailboxes],
})
export class MailModule {}
