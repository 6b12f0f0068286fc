import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AccessesModule } from './accesses/accesses.module.js';
import { AssetModule } from './asset/asset.module.js';
import { PageModule } from './page/page.module.js';
import { OwnDataModule } from './own-data/own-data.module.js';
import { PermissionsModule } from './permissions/permissions.module.js';
import { service } from './service.js';
import { StartModule } from './start/start.module.js';
import { VocabularyModule } from './vocabulary/vocabulary.module.js';

@Module({
  imports: [
    MeshModule.forService(service),
    PageModule,
    AssetModule,
    VocabularyModule,
    StartModule,
    AccessesModule,
    OwnDataModule,
    PermissionsModule,
  ],
})
export class AppModule {}
