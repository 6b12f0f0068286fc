import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { MailboxModule } from './mailbox/mailbox.module.js';
import { MessageModule } from './message/message.module.js';
import { NoticeModule } from './notice/notice.module.js';
import { ProviderEventModule } from './provider-event/provider-event.module.js';
import { PublicationModule } from './publication/publication.module.js';
import { service } from './service.js';
import { TimerModule } from './timer/timer.module.js';

@Module({
  imports: [
    MeshModule.forService(service),
    MailboxModule,
    MessageModule,
    PublicationModule,
    ProviderEventModule,
    TimerModule,
    NoticeModule,
  ],
})
export class AppModule {}
