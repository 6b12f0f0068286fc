import { setTimeout as delay } from 'node:timers/promises';
import { migrate } from '@crossroads/database';
import { countingBackfill } from './counting-backfill.js';
import { THINGS } from './sample-migrations.js';

/** Fills slowly, and says each batch. Killed by `migration-kinds.long.spec.ts`. */
const [, , url = '', appRole = ''] = process.argv;
let batches = 0;
const backfill = countingBackfill(async () => {
  console.log(`batch ${++batches}`);
  await delay(50);
});
await migrate({ url, appRole, migrations: [THINGS, backfill] });
