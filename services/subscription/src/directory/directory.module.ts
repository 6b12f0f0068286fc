import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { DirectoryChecks } from './directory-checks.js';

/** Repeated when a connection is lost, as it changes nothing. */
const reads = ['batchCheck', 'listInscribedPersons'];

/** The reference directory: whose a number is, and which institutions have inscribed the person. */
@Module({
  imports: [ClientsModule.forFeature({ service: 'reference-directory', definition: DirectoryServiceService, reads })],
  providers: [DirectoryChecks],
  exports: [DirectoryChecks],
})
export class DirectoryModule {}
