import { BadConfiguration, DatabaseSettings } from '@crossroads/configuration';
import { ArchiveDamaged, type ArchiveStore, FolderArchive, retain, RetentionSettings } from '@crossroads/eventsourcing';

/** What an S3 archive is opened with. */
interface S3Bucket {
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/** Loads the archive in S3. Only services with a journal have its SDK in their images. */
export type LoadS3Archive = () => Promise<{
  readonly S3Archive: new (bucket: S3Bucket, absent: (name: string, options: ErrorOptions) => Error) => ArchiveStore;
}>;

/** `main.js retention`. @throws BadConfiguration; when a month cannot be closed, archived or dropped */
export const retention = async (
  service: string,
  loadS3Archive: LoadS3Archive,
  say: (what: string, details: Readonly<Record<string, unknown>>) => void,
): Promise<void> => {
  const { DATABASE_MIGRATOR_URL: url } = new DatabaseSettings();
  const settings = new RetentionSettings();
  const { JOURNAL_OPEN_MONTHS: openMonths, JOURNAL_RETENTION_MONTHS: keptMonths } = settings;
  const archive = await archiveOf(settings, loadS3Archive);
  if (url === undefined) throw new BadConfiguration(['DATABASE_MIGRATOR_URL is needed: retention changes tables.']);
  if (keptMonths !== undefined && keptMonths <= openMonths)
    throw new BadConfiguration(['JOURNAL_RETENTION_MONTHS must be more than JOURNAL_OPEN_MONTHS.']);
  if (keptMonths !== undefined && archive === undefined)
    throw new BadConfiguration(['JOURNAL_RETENTION_MONTHS needs an archive: only what is archived is dropped.']);
  await retain({ url, service, openMonths, keptMonths, archive, say });
};

const archiveOf = async (
  {
    JOURNAL_ARCHIVE_DIR: folder,
    JOURNAL_ARCHIVE_BUCKET: bucket,
    JOURNAL_ARCHIVE_ENDPOINT: endpoint,
    JOURNAL_ARCHIVE_REGION: region,
  }: RetentionSettings,
  loadS3Archive: LoadS3Archive,
): Promise<ArchiveStore | undefined> => {
  if (folder !== undefined && bucket !== undefined)
    throw new BadConfiguration(['JOURNAL_ARCHIVE_DIR or JOURNAL_ARCHIVE_BUCKET, and not both.']);
  if (folder !== undefined) return new FolderArchive(folder);
  if (bucket === undefined) return undefined;
  const { S3Archive } = await loadS3Archive();
  return new S3Archive({ bucket, endpoint, region }, (name, options) => new ArchiveDamaged(name, 'is absent', options));
};
