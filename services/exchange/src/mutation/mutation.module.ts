import { QuotaModule } from '@crossroads/policy';
import { Module } from '@nestjs/common';
import { SourcesModule } from '../sources/sources.module.js';
import { MutationCommands } from './mutation.commands.js';

/** Changes that authentic sources report. */
@Module({
  imports: [QuotaModule, SourcesModule],
  providers: [MutationCommands],
  exports: [MutationCommands],
})
export class MutationModule {}
