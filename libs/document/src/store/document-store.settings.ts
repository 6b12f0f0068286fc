import { BadConfiguration, settingsOf, textSetting, urlSetting } from '@crossroads/configuration';

/** Where documents of senders without a store of their own are kept. Exactly one of folder and bucket. */
export class DocumentStoreSettings extends settingsOf({
  DOCUMENT_STORE_DIR: textSetting('folder of stored documents, for one machine; instead of S3_BUCKET').optional(),
  S3_BUCKET: textSetting(
    "S3 bucket of stored documents; the credentials are in the AWS SDK's own variables, or a role; instead of DOCUMENT_STORE_DIR",
  ).optional(),
  S3_ENDPOINT: urlSetting('S3 server; absent: that of AWS', 'https://s3.example.org').optional(),
  S3_REGION: textSetting('region of the bucket; absent: as the AWS SDK finds it').optional(),
}) {
  /** @throws BadConfiguration */
  get place(): { readonly folder: string } | { readonly bucket: string } {
    const { DOCUMENT_STORE_DIR: folder, S3_BUCKET: bucket } = this;
    if (folder !== undefined && bucket === undefined) return { folder };
    if (bucket !== undefined && folder === undefined) return { bucket };
    throw new BadConfiguration([
      'DOCUMENT_STORE_DIR or S3_BUCKET is needed, and not both: where uploaded documents are kept.',
    ]);
  }
}
