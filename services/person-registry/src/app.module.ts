import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { PersonErasureModule } from './erasure/erasure.module.js';
import { PersonServiceModule } from './person-service/person-service.module.js';
import { service } from './service.js';
import { SourceModule } from './source/source.module.js';

@Module({ imports: [MeshModule.forService(service), PersonServiceModule, SourceModule, PersonErasureModule] })
export class AppModule {}
