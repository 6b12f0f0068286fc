import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AccessListModule } from './access-list/access-list.module.js';
import { JournalsModule } from './journals/journals.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), JournalsModule, AccessListModule] })
export class AppModule {}
