import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { DirectoryModule } from './directory/directory.module.js';
import { NumberModule } from './number/number.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), NumberModule, DirectoryModule] })
export class AppModule {}
