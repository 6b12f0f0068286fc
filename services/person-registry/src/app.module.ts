import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { PersonServiceModule } from './person-service/person-service.module.js';
import { service } from './service.js';
import { SourceModule } from './source/source.module.js';

@Module({ imports: [MeshModule.forService(service), PersonServiceModule, SourceModule] })
export class AppModule {}
