import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule, PageTokens } from '@crossroads/grpc';
import { FileKeyProvider } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { AccessLogModule } from '../access-log/access-log.module.js';
import { AuditController } from './audit.controller.js';
import { Citizens } from './citizens.js';
import { SelfConsultations } from './self-consultations.js';

@Module({
  imports: [
    AccessLogModule,
    ClientsModule.forFeature({ service: 'reference-directory', definition: DirectoryServiceService, reads: ['check'] }),
  ],
  controllers: [AuditController],
  providers: [
    Citizens,
    SelfConsultations,
    {
      provide: PageTokens,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new PageTokens(await keys.secret('page-tokens')),
    },
  ],
})
export class AccessListModule {}
