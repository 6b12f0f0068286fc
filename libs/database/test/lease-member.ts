import { createInterface } from 'node:readline';
import { openDatabase } from '@crossroads/database';
import { PARTITIONS, QUICK, ROLE } from './lease-times.js';

/** A process that shares partitions, and answers each line on stdin with what it holds. Started by `leases.int.spec.ts`. */
const [, , url = '', ttlMs = String(QUICK.ttlMs)] = process.argv;
const db = await openDatabase({ url, poolSize: 1, leases: { ...QUICK, ttlMs: Number(ttlMs) } });
const share = db.leases.hold(ROLE, PARTITIONS);
console.log('[]');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') break;
  console.log(JSON.stringify([...share.held()].map(([partition, token]) => [partition, Number(token)])));
}
await db.close();
process.exit(0);
