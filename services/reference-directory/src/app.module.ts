import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { DirectoryModule } from './directory/directory.module.js';
import { JournalModule } from './journal/journal.module.js';
import { NumberModule } from './number/number.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), NumberModule, DirectoryModule, JournalModule] })
export class AppModule {}
