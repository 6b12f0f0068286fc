import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

export interface S3Options {
  readonly bucket: string;
  /** Absent: that of the region at AWS. */
  readonly endpoint?: string | undefined;
  /** Absent: as the SDK finds it. */
  readonly region?: string | undefined;
}

/** More than the eBox downloads at once, so that slow readers do not keep others waiting for a connection. */
const MAX_CONNECTIONS = 1_000;
const CONNECT_MS = 3_000;
/** Without a byte, in either direction. */
const IDLE_MS = 60_000;

/** The credentials are those that the AWS SDK finds (its environment variables, a role). */
export const s3Client = ({ endpoint, region }: S3Options): S3Client =>
  new S3Client({
    ...(region === undefined ? {} : { region }),
    // Servers other than AWS seldom have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...CONNECTIONS,
    logger: SILENT,
  });

/** The SDK would write to the console. Its errors are thrown. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const agent = { keepAlive: true, maxSockets: MAX_CONNECTIONS };

const CONNECTIONS: S3ClientConfig = {
  requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS, httpAgent: agent, httpsAgent: agent },
};
