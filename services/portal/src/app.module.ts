import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AccessesModule } from './accesses/accesses.module.js';
import { AssetModule } from './asset/asset.module.js';
import { FiguresModule } from './figures/figures.module.js';
import { MailModule } from './mail/mail.module.js';
import { PageModule } from './page/page.module.js';
import { SecurityModule } from './security/security.module.js';
import { RegisterModule } from './register/register.module.js';
import { OwnDataModule } from './own-data/own-data.module.js';
import { PermissionsModule } from './permissions/permissions.module.js';
import { service } from './service.js';
import { SessionModule } from './session/session.module.js';
import { SignInModule } from './sign-in/sign-in.module.js';
import { StartModule } from './start/start.module.js';
import { StateModule } from './state/state.module.js';
import { StatementModule } from './statement/statement.module.js';
import { VocabularyModule } from './vocabulary/vocabulary.module.js';

@Module({
  imports: [
    MeshModule.forService(service),
    SecurityModule,
    SessionModule,
    SignInModule,
    PageModule,
    AssetModule,
    VocabularyModule,
    AccessesModule,
    OwnDataModule,
    PermissionsModule,
    MailModule,
    RegisterModule,
    FiguresModule,
    StateModule,
    StatementModule,
    StartModule,
  ],
})
export class AppModule {}
