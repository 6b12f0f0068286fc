import { BadConfiguration, DatabaseSettings } from '@crossroads/configuration';
import { ArchiveDamaged, type ArchiveStore, FolderArchive, retain, RetentionSettings } from '@crossroads/eventsourcing';

/** `main.js retention`. @throws BadConfiguration; when a month cannot be closed, archived or dropped */
export const retention = async (
  service: string,
  say: (what: string, details: Readonly<Record<string, unknown>>) => void,
): Promise<void> => {
  const { DATABASE_MIGRATOR_URL: url } = new DatabaseSettings();
  const settings = new RetentionSettings();
  const { JOURNAL_OPEN_MONTHS: openMonths, JOURNAL_RETENTION_MONTHS: keptMonths } = settings;
  const archive = await archiveOf(settings);
  if (url === undefined) throw new BadConfiguration(['DATABASE_MIGRATOR_URL is needed: retention changes tables.']);
  if (keptMonths !== undefined && keptMonths <= openMonths)
    throw new BadConfiguration(['JOURNAL_RETENTION_MONTHS must be more than JOURNAL_OPEN_MONTHS.']);
  if (keptMonths !== undefined && archive === undefined)
    throw new BadConfiguration(['JOURNAL_RETENTION_MONTHS needs an archive: only what is archived is dropped.']);
  await retain({ url, service, openMonths, keptMonths, archive, say });
};

/** The SDK of S3 is loaded by those who use it. */
const archiveOf = async ({
  JOURNAL_ARCHIVE_DIR: folder,
  JOURNAL_ARCHIVE_BUCKET: bucket,
  JOURNAL_ARCHIVE_ENDPOINT: endpoint,
  JOURNAL_ARCHIVE_REGION: region,
}: RetentionSettings): Promise<ArchiveStore | undefined> => {
  if (folder !== undefined && bucket !== undefined)
    throw new BadConfiguration(['JOURNAL_ARCHIVE_DIR or JOURNAL_ARCHIVE_BUCKET, and not both.']);
  if (folder !== undefined) return new FolderArchive(folder);
  if (bucket === undefined) return undefined;
  const { S3Archive } = await import('@crossroads/document/s3-archive');
  return new S3Archive({ bucket, endpoint, region }, (name, options) => new ArchiveDamaged(name, 'is absent', options));
};
