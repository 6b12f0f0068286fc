import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { DirectoryChecks } from './directory-checks.js';

/** The reference directory: whose a number is, and which institutions have inscribed the person. */
@Module({
  imports: [
    ClientsModule.forFeature({
      service: 'reference-directory',
      definition: DirectoryServiceService,
      reads: ['batchCheck'],
    }),
  ],
  providers: [DirectoryChecks],
  exports: [DirectoryChecks],
})
export class DirectoryModule {}
