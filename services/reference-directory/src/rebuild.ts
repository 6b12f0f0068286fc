import { openDatabase } from '@crossroads/database';
import { Files } from './view/files.js';
import { rebuildInscriptions } from './view/rebuild.js';

/** `DATABASE_MIGRATOR_URL=… node dist/src/rebuild.js`: rebuilds what checks read, while the service runs. */
const url = process.env.DATABASE_MIGRATOR_URL;
if (!url) throw new Error('DATABASE_MIGRATOR_URL is missing');
const migrator = await openDatabase({ url, poolSize: 4 });
try {
  const rebuilt = await rebuildInscriptions(migrator, new Files(migrator), (line) => console.log(line));
  console.log(
    `${rebuilt.persons} persons from ${rebuilt.events} events, ${rebuilt.differing} of them otherwise than before`,
  );
  process.exitCode = rebuilt.differing === 0 ? 0 : 1;
} finally {
  await migrator.close();
}
