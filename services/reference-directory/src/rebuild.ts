import { openDatabase } from '@crossroads/database';
import { rebuildInscriptions } from './inscription/rebuild-inscriptions.js';
import { InstitutionContexts } from './lookup/institution-contexts.js';

/** `DATABASE_MIGRATOR_URL=… node dist/src/rebuild.js`: rebuilds the rows that lookups read, while the service runs. */
const url = process.env.DATABASE_MIGRATOR_URL;
if (!url) throw new Error('DATABASE_MIGRATOR_URL is missing');
const migrator = await openDatabase({ url, poolSize: 4 });
try {
  const rebuilt = await rebuildInscriptions(migrator, new InstitutionContexts(migrator), (line) => console.log(line));
  console.log(`${rebuilt.persons} persons from ${rebuilt.events} events, ${rebuilt.differing} of them differ`);
  process.exitCode = rebuilt.differing === 0 ? 0 : 1;
} finally {
  await migrator.close();
}
