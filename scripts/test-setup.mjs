// One PostgreSQL and one Kafka for the whole run; libs/testing finds them by these variables.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLCHAIN } from './versions.mjs';

export default async () => {
  const { CertificateAuthority, freePort, startKafka, startPostgres } = await import('../libs/local/dist/index.js');
  mkdirSync(TOOLCHAIN, { recursive: true });
  const dataFolder = mkdtempSync(join(TOOLCHAIN, 'test-'));
  const authority = join(dataFolder, 'certificates');
  // What specs leave there, keys among it, goes with the rest.
  process.env.TMPDIR = join(dataFolder, 'tmp');
  mkdirSync(process.env.TMPDIR);
  const say = (line) => process.stdout.write(`  ${line}\n`);
  const [postgres, kafka] = await Promise.all([
    startPostgres({ dataFolder, port: await freePort(), durable: false, say }),
    CertificateAuthority.open(authority, 'crossroads.test').then(async (ca) =>
      startKafka({ dataFolder, port: await freePort(), controllerPort: await freePort(), authority: ca, say }),
    ),
  ]);
  process.env.TEST_POSTGRES_URL = postgres.adminUrl;
  if (kafka.kind === 'kafka') {
    process.env.TEST_KAFKA_BROKERS = kafka.brokers.join(',');
    process.env.TEST_KAFKA_AUTHORITY = authority;
  } else {
    process.env.TEST_KAFKA_ABSENT = kafka.why;
    say(`SKIPPED where Kafka itself is needed: ${kafka.why}`);
  }
  globalThis.crossroadsTestServers = async () => {
    await Promise.all([postgres.stop(), kafka.stop()]);
    rmSync(dataFolder, { recursive: true, force: true });
  };
};
