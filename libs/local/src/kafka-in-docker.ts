import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './java.js';
import { clusterId, type KafkaProgram } from './kafka-in-java.js';
import { kafkaVersion } from './kafka-jars.js';
import { type KafkaSettings, kafkaProperties } from './kafka-settings.js';

export const findDocker = async (environment: NodeJS.ProcessEnv): Promise<{ command: string } | { why: string }> => {
  const asked = await run('docker', ['version', '--format', '{{.Server.Version}}'], { env: environment });
  return asked.ok ? { command: 'docker' } : { why: 'no Docker engine answers' };
};

/** The same broker in Apache's image. It runs in the foreground, so that stopping the client stops the container. */
export const kafkaInDocker = async (docker: string, home: string, settings: KafkaSettings): Promise<KafkaProgram> => {
  const config = join(home, 'docker');
  mkdirSync(config, { recursive: true });
  mkdirSync(settings.dataFolder, { recursive: true });
  const inside = (file: string) => `/crossroads/certificates/${basename(file)}`;
  writeFileSync(
    join(config, 'server.properties'),
    kafkaProperties({
      ...settings,
      host: '0.0.0.0',
      dataFolder: '/crossroads/data',
      keyStore: inside(settings.keyStore),
      ca: inside(settings.ca),
    }),
    { mode: 0o600 },
  );
  const user = process.getuid ? ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`] : [];
  const name = `crossroads-kafka-${settings.port}`;
  await run(docker, ['rm', '-f', name]);
  const start = [
    `[ -f /crossroads/data/meta.properties ] || /opt/kafka/bin/kafka-storage.sh format -t ${clusterId()} -c /crossroads/config/server.properties`,
    'exec /opt/kafka/bin/kafka-server-start.sh /crossroads/config/server.properties',
  ].join('; ');
  return {
    command: docker,
    args: [
      ...['run', '--rm', '--name', name, ...user],
      ...['-e', 'KAFKA_HEAP_OPTS=-Xms128m -Xmx384m', '-e', 'LOG_DIR=/tmp'],
      ...['-p', `127.0.0.1:${settings.port}:${settings.port}`],
      ...['-v', `${config}:/crossroads/config:ro`, '-v', `${dirname(settings.keyStore)}:/crossroads/certificates:ro`],
      ...['-v', `${settings.dataFolder}:/crossroads/data`],
      ...['--entrypoint', '/bin/sh', `apache/kafka:${kafkaVersion()}`, '-c', start],
    ],
    environment: process.env,
    stopWithin: 15_000,
  };
};
