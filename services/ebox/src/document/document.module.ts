import { DocumentStoreModule } from '@crossroads/document/store';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DocumentDownloads } from './document-downloads.js';
import { DocumentProviderClient } from './document-provider.client.js';
import { TransferLimits } from './transfer-limits.js';
import { ProviderAvailability } from './provider-availability.js';
import { UnnamedUploadsJob } from './unnamed-uploads.job.js';
import { UploadEntity } from './upload.entity.js';
import { UploadRepository } from './upload.repository.js';
import { Uploads } from './uploads.js';

/** Documents on their way from a provider, or from the own store, to a reader. */
@Module({
  imports: [DocumentStoreModule, TypeOrmModule.forFeature([UploadEntity])],
  providers: [
    DocumentDownloads,
    DocumentProviderClient,
    TransferLimits,
    ProviderAvailability,
    UnnamedUploadsJob,
    UploadRepository,
    Uploads,
  ],
  exports: [DocumentDownloads, ProviderAvailability, Uploads],
})
export class DocumentModule {}
