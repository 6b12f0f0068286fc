// One PostgreSQL and one Kafka for the whole run; libs/testing finds them by these variables.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLCHAIN } from './versions.mjs';

export default async () => {
  const { CertificateAuthorities } = await import('../libs/local/dist/index.js');
  const { serverKind, startKafkaServer, startPostgresServer } = await import('../libs/testing/dist/servers.js');
  mkdirSync(TOOLCHAIN, { recursive: true });
  const folder = mkdtempSync(join(TOOLCHAIN, 'test-'));
  // The servers' data and what specs leave behind, keys among it, are deleted together at the end.
  process.env.TMPDIR = join(folder, 'tmp');
  mkdirSync(process.env.TMPDIR);
  const authorityFolder = join(folder, 'certificates');
  const authority = await CertificateAuthorities.open(authorityFolder, 'crossroads.test');
  const print = (line) => process.stdout.write(`  ${line}\n`);
  const isInContainers = (await serverKind()) === 'containers';
  const [postgres, kafka] = await Promise.all([startPostgresServer(), startKafkaServer(authority)]);
  print(
    isInContainers
      ? 'PostgreSQL and Kafka run in containers (Testcontainers)'
      : `PostgreSQL${kafka.kind === 'none' ? ' runs' : ' and Kafka run'} embedded: no Docker engine answers`,
  );
  process.env.TEST_POSTGRES_URL = postgres.url;
  if (kafka.kind === 'none') {
    process.env.TEST_KAFKA_ABSENT = kafka.why;
    print(`SKIPPED all tests that need Kafka: ${kafka.why}`);
  } else {
    process.env.TEST_KAFKA_BROKERS = kafka.brokers;
    process.env.TEST_KAFKA_INSTITUTION_BROKERS = kafka.institutionBrokers;
    process.env.TEST_KAFKA_AUTHORITY = authorityFolder;
  }
  globalThis.crossroadsTestServers = async () => {
    await Promise.all([postgres.stop(), kafka.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
};
