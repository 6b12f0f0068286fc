import { ServiceIdentity } from '@crossroads/configuration';
import { FileKeyProvider } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { DocumentStore } from './document-store.js';
import { DocumentStoreSettings } from './document-store.settings.js';
import { FileDocumentStore } from './file-document-store.js';
import { SealedDocumentStore } from './sealed-document-store.js';

/** The `DocumentStore` of the service, in its folder or its S3 bucket, sealed with its key `documents`. */
@Module({
  providers: [
    {
      provide: DocumentStore,
      inject: [DocumentStoreSettings, FileKeyProvider, ServiceIdentity],
      useFactory: async (settings: DocumentStoreSettings, keys: FileKeyProvider, { name }: ServiceIdentity) =>
        new SealedDocumentStore(await storeOf(settings), keys, name),
    },
  ],
  exports: [DocumentStore],
})
export class DocumentStoreModule {}

const storeOf = async ({ place, S3_ENDPOINT, S3_REGION }: DocumentStoreSettings): Promise<DocumentStore> => {
  if ('folder' in place) return FileDocumentStore.inFolder(place.folder);
  const { S3DocumentStore } = await import('./s3-document-store.js');
  return new S3DocumentStore({ bucket: place.bucket, endpoint: S3_ENDPOINT, region: S3_REGION });
};
