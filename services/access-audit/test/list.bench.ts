import { eventually } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { access, refused, someone } from './accesses.js';
import { PORTAL, World } from './world.js';

const RECORDS = Number(process.env['RECORDS'] ?? 10_000);
const PAGES = 200;
const median = (times: readonly number[]) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** `node services/access-audit/dist/test/list.bench.js`: how long a page of a long list takes, of `RECORDS` looks. */
const mesh = await TestMesh.start('access-audit');
const world = await World.create(mesh);
const person = someone(1);
world.directory.put(person);
for (let from = 0; from < RECORDS; from += 20)
  await Promise.all(Array.from({ length: 20 }, () => world.exchange.append(refused(access(person), 'NOT_INSCRIBED'))));
const began = performance.now();
const running = await mesh.startProcess();
const portal = world.client(running, PORTAL);
const page = async (pageSize: number, pageToken = '') =>
  portal.listAccesses(
    { pageSize, pageToken, withoutOwn: true, enterpriseNumber: '', filter: undefined },
    { metadata: { authorization: `Bearer ${await world.token(person.ssin)}` } },
  );
const count = async () => {
  let all = 0;
  for (let pageToken = ''; ; ) {
    const { accesses, nextPageToken } = await page(200, pageToken);
    all += accesses.length;
    pageToken = nextPageToken;
    if (pageToken === '') return all;
  }
};
await eventually(count, (all) => all === RECORDS, 600_000);
process.stdout.write(
  `${RECORDS} records taken over within ${((performance.now() - began) / 1000).toFixed(1)} s of the start\n`,
);
const times: number[] = [];
let pageToken = '';
for (let n = 0; n < PAGES; n++) {
  const start = performance.now();
  ({ nextPageToken: pageToken } = await page(50, pageToken));
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(1);
process.stdout.write(`a page of 50: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms\n`);

// The first page of somebody with ten looks, by turns with that of the long list.
const few = someone(2);
world.directory.put(few);
for (let n = 0; n < 10; n++) await world.exchange.append(refused(access(few), 'NOT_INSCRIBED'));
const firstPage = async (ssin: string) => {
  const metadata = { authorization: `Bearer ${await world.token(ssin)}` };
  const request = { pageSize: 10, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined };
  const start = performance.now();
  const { accesses } = await portal.listAccesses(request, { metadata });
  return { ms: performance.now() - start, length: accesses.length };
};
await eventually(
  () => firstPage(few.ssin),
  ({ length }) => length === 10,
);
const [long, short]: [number[], number[]] = [[], []];
for (let n = 0; n < PAGES; n++) {
  long.push((await firstPage(person.ssin)).ms);
  short.push((await firstPage(few.ssin)).ms);
}
const [ofMany, ofTen] = [median(long), median(short)];
process.stdout.write(
  `a first page of 10 of ${RECORDS} looks: ${ofMany.toFixed(1)} ms, of 10 looks: ${ofTen.toFixed(1)} ms, ratio ${(ofMany / ofTen).toFixed(2)} (goal <= 1.5)\n`,
);
await mesh.stop();
process.exit(0);
