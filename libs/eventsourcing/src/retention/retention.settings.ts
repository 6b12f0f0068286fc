import { settingsOf, textSetting, urlSetting, wholeNumberSetting } from '@crossroads/configuration';
import { MIN_OPEN_MONTHS } from '../log/partitions.js';

/** For `main.js retention`. */
export class RetentionSettings extends settingsOf({
  JOURNAL_OPEN_MONTHS: wholeNumberSetting('whole months after which a month of the journal is closed', {
    min: MIN_OPEN_MONTHS,
    max: 120,
  }).default(MIN_OPEN_MONTHS),
  JOURNAL_ARCHIVE_DIR: textSetting('folder to which closed months are archived; absent: they are not').optional(),
  JOURNAL_ARCHIVE_BUCKET: textSetting(
    "S3 bucket of the archive; the credentials are in the AWS SDK's own variables, or a role; instead of JOURNAL_ARCHIVE_DIR",
  ).optional(),
  JOURNAL_ARCHIVE_ENDPOINT: urlSetting('S3 server; absent: that of AWS', 'https://s3.example.org').optional(),
  JOURNAL_ARCHIVE_REGION: textSetting('region of the bucket; absent: as the AWS SDK finds it').optional(),
  JOURNAL_RETENTION_MONTHS: wholeNumberSetting(
    'months after which an archived month is dropped from the database; absent: it is kept',
    { min: MIN_OPEN_MONTHS + 1, max: 1_200 },
  ).optional(),
}) {}
