import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { VocabularyModule } from '../vocabulary/vocabulary.module.js';
import { MailListController } from './mail-list.controller.js';
import { Mailboxes } from './mailboxes.js';
import { MessageController } from './message.controller.js';

/** Official mail, from the eBox. */
@Module({
  imports: [MeshClientsModule, VocabularyModule],
  controllers: [MailListController, MessageController],
  providers: [Mailboxes],
})
export class MailModule {}
