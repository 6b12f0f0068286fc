import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { CitizenTokensModule } from './citizen-tokens.module.js';
import { Citizens } from './citizens.js';

/** Provides `Citizens`. The service needs the policy and the reference directory. */
@Module({
  imports: [
    CitizenTokensModule,
    ClientsModule.forFeature({ service: 'reference-directory', definition: DirectoryServiceService, reads: ['check'] }),
  ],
  providers: [Citizens],
  exports: [Citizens],
})
export class SignInModule {}
