import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClusterMesh,
  findJava,
  freePort,
  kafkaAdmin,
  kafkaAnswers,
  kafkaCache,
  kafkaJars,
  type Ports,
  type Postgres,
  portsFrom,
  prepareInfrastructure,
  run,
  Supervised,
  startPostgres,
} from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { SERVICES_WITH_DATABASE, TOPIC_NAMES } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ROOT } from '../whole-mesh.js';

const PROPERTIES = join(ROOT, 'charts', 'dev-infra', 'files', 'server.properties');
const CLUSTER_ID = 'Q3Jvc3Nyb2Fkcy1kZXYtMQ';
const folder = mkdtempSync(join(tmpdir(), 'crossroads-dev-infra-'));
const java = findJava();
const jars = 'why' in java ? java : await kafkaJars(kafkaCache(), () => {});
const why = 'why' in jars ? jars.why : undefined;

/** The chart's broker as a process on this machine, with the chart's settings and other paths and ports. */
const startBroker = async (
  mesh: ClusterMesh,
  { kafka, kafkaForInstitutions, kafkaController }: Ports,
): Promise<Supervised> => {
  if ('why' in java || 'why' in jars) throw new Error('asked for without Java');
  const { ca, certificate, key } = await mesh.kafkaIdentity();
  const home = join(folder, 'kafka');
  mkdirSync(home);
  writeFileSync(
    join(home, 'keystore.pem'),
    `${readFileSync(key, 'utf8').trim()}\n${readFileSync(certificate, 'utf8')}`,
  );
  writeFileSync(join(home, 'ca.crt'), readFileSync(ca));
  writeFileSync(join(home, 'institutions-ca.crt'), readFileSync(mesh.authorities.institutions));
  const elsewhere: readonly (readonly [string | RegExp, string])[] = [
    ['/var/lib/kafka/data', join(home, 'data')],
    [/\/etc\/kafka\/tls/g, home],
    [/27492/g, String(kafka)],
    [/27494/g, String(kafkaForInstitutions)],
    [/9094/g, String(kafkaController)],
    ['MESH://0.0.0.0:9093', `MESH://0.0.0.0:${await freePort()}`],
  ];
  const file = join(home, 'server.properties');
  writeFileSync(
    file,
    elsewhere.reduce((text, [from, to]) => text.replace(from, to), readFileSync(PROPERTIES, 'utf8')),
  );
  const classPath = ['-cp', join(jars.folder, '*')];
  const formatted = await run(java.command, [
    ...classPath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    file,
  ]);
  if (!formatted.ok) throw new Error(formatted.output);
  const program = {
    name: 'kafka',
    command: java.command,
    args: ['-Xmx384m', '-XX:+UseSerialGC', ...classPath, 'kafka.Kafka', file],
    environment: process.env,
    cwd: home,
    stopTimeoutMs: 10_000,
    startTimeoutMs: 90_000,
    isReady: async () => kafkaAnswers([`localhost:${kafka}`], await mesh.kafkaIdentity()),
  };
  return Supervised.start(program, { run: join(folder, 'run'), logs: join(folder, 'logs'), report: () => {} });
};

const ask = async <Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};

(why === undefined ? describe : describe.skip)(`npm run cluster -- prepare ${why ?? ''}`, () => {
  let mesh: ClusterMesh;
  let postgres: Postgres;
  let broker: Supervised | undefined;

  beforeAll(async () => {
    const ports = {
      ...portsFrom({}),
      postgres: await freePort(),
      kafka: await freePort(),
      kafkaForInstitutions: await freePort(),
      kafkaController: await freePort(),
    };
    mesh = await ClusterMesh.open(join(folder, 'cluster'), ports);
    postgres = await startPostgres({ dataFolder: folder, port: ports.postgres, outside: undefined, durable: false });
    await ask(postgres.adminUrl, `alter role postgres password '${mesh.databasePassword}'`);
    broker = await startBroker(mesh, ports);
    await prepareInfrastructure(mesh);
    // A second run changes nothing.
    await prepareInfrastructure(mesh);
  });

  afterAll(async () => {
    await broker?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('prepare creates all topics through the forwarded port of the broker', async () => {
    const admin = kafkaAdmin([`localhost:${mesh.ports.kafka}`], await mesh.kafkaIdentity());
    await admin.connect();
    expect(await admin.listTopics()).toEqual(expect.arrayContaining([...TOPIC_NAMES]));
    await admin.disconnect();
  });

  it('prepare gives a service only the rights of the topology', async () => {
    const { tls } = await mesh.secretsOf('access-audit');
    const admin = kafkaAdmin([`localhost:${mesh.ports.kafka}`], tls);
    await admin.connect();
    // The broker answers that it has a rule before each of its parts goes by it.
    const topics = await eventually(
      () => admin.listTopics(),
      ({ length }) => length > 0,
    );
    expect(topics.toSorted()).toEqual([
      'crossroads.access.directory.v1',
      'crossroads.access.ebox.v1',
      'crossroads.access.exchange.v1',
      'crossroads.access.subscription.v1',
      'crossroads.person.v1',
    ]);
    await admin.disconnect();
  });

  it.each(SERVICES_WITH_DATABASE)('%s finds its databases under the roles of its Secret', async (service) => {
    const { main, keys } = mesh.databases(service, `localhost:${mesh.ports.postgres}`);
    for (const { name, app, migrator } of keys ? [main, keys] : [main]) {
      expect(await ask(app, 'select current_database() as name')).toEqual([{ name }]);
      await ask(migrator, 'create table made ()');
      await expect(ask(app, 'create table t ()')).rejects.toThrow(/permission denied/);
    }
  });
});
