import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), AccessModule] })
export class AppModule {}
