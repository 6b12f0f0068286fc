import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { referenceDirectory } from '@crossroads/topology';
import { Module } from '@nestjs/common';
import { DataSchemas } from './data-schemas.js';
import { DirectoryClient } from './directory-client.js';
import { SourceClient } from './source-client.js';

/** The reference directory, the authentic sources, and the JSON Schemas of their data. */
@Module({
  imports: [
    ClientsModule.forFeature({
      service: referenceDirectory.name,
      definition: DirectoryServiceService,
      reads: ['batchCheck'],
    }),
  ],
  providers: [DataSchemas, DirectoryClient, SourceClient],
  exports: [DataSchemas, DirectoryClient, SourceClient],
})
export class SourcesModule {}
