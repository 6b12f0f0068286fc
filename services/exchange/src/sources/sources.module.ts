import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { ClientsModule } from '@crossroads/grpc';
import { DataSchemas, SourceClient } from '@crossroads/source/client';
import { referenceDirectory } from '@crossroads/topology';
import { Module } from '@nestjs/common';
import { DirectoryClient } from './directory-client.js';

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
