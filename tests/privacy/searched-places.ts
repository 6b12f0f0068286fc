import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaClient } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import type { IHeaders } from 'kafkajs';
import { ask } from '../databases.js';
import type { WholeMesh } from '../whole-mesh.js';

/** A place and its text. */
export type SearchedPlace = readonly [place: string, text: string];

/** Every row of every table of every database, as `row_to_json` shows it. */
export async function* databases(mesh: WholeMesh): AsyncGenerator<SearchedPlace> {
  for (const { name } of await ask<{ name: string }>(
    mesh,
    'postgres',
    'select datname as name from pg_database where not datistemplate',
  )) {
    const tables = await ask<{ table: string }>(
      mesh,
      name,
      `select format('%I.%I', schemaname, tablename) as table from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    for (const { table } of tables)
      for (const { row } of await ask<{ row: string }>(
        mesh,
        name,
        `select row_to_json(t)::text as row from ${table} t`,
      ))
        yield [`${name}: ${table}`, row];
  }
}

/** System views of PostgreSQL: running statements, settings and comments. */
export async function* serverViews(mesh: WholeMesh): AsyncGenerator<SearchedPlace> {
  for (const view of ['pg_stat_activity', 'pg_description', 'pg_shdescription'])
    for (const { row } of await ask<{ row: string }>(
      mesh,
      'postgres',
      `select row_to_json(t)::text as row from ${view} t`,
    ))
      if (!row.includes('row_to_json')) yield [view, row];
}

/** The logs of all processes, `mesh.json` and other readable files in the data folder. */
export function* files(mesh: WholeMesh): Generator<SearchedPlace> {
  const { path, logs } = mesh.local.folder;
  yield ['mesh.json', readFileSync(join(path, 'mesh.json'), 'utf8')];
  for (const name of readdirSync(logs)) yield [`log ${name}`, readFileSync(join(logs, name), 'utf8')];
}

/** Keys, headers and values of every topic. Values of subscribers' topics are left out, because they contain personal data for the subscriber. */
export const topics = async (mesh: WholeMesh): Promise<SearchedPlace[]> => {
  const { broker } = mesh.local.mesh();
  if (broker.kind === 'embedded') return [];
  const { ca, certificate, key } = mesh.local.mesh().certificates['kafka'] ?? fail();
  const kafka = kafkaClient(
    { brokers: broker.brokers, clientId: 'privacy', tls: { ca, cert: certificate, key } },
    () => undefined,
  );
  const admin = kafka.admin();
  await admin.connect();
  const names = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
  const ends = await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
  const expected = ends.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const consumer = kafka.consumer({ groupId: `privacy-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: names, fromBeginning: true });
  const messages: SearchedPlace[] = names.map((name) => [`topic ${name}`, name]);
  let read = 0;
  await consumer.run({
    eachMessage: async ({ topic, message: { key: name, headers, value } }) => {
      read++;
      messages.push([`key of ${topic}`, shown(name)], [`headers of ${topic}`, headerText(headers)]);
      if (!topic.startsWith('crossroads.deliveries.')) messages.push([`value of ${topic}`, shown(value)]);
    },
  });
  await eventually(
    () => read,
    (count) => count >= expected,
  );
  await consumer.disconnect();
  await admin.disconnect();
  return messages;
};

const headerText = (headers: IHeaders | undefined): string =>
  Object.entries(headers ?? {})
    .flatMap(([name, value]) => [name, ...(Array.isArray(value) ? value : [value]).map((one) => shown(one ?? null))])
    .join('\n');

/** Binary data may contain texts. */
const shown = (bytes: Buffer | string | null): string =>
  bytes === null ? '' : typeof bytes === 'string' ? bytes : bytes.toString('utf8');

const fail = (): never => {
  throw new Error('no certificate for Kafka');
};
