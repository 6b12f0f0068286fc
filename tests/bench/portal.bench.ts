import { get } from 'node:http';
import { benchMesh, consult, processorTimes, SSINS } from './bench-mesh.js';
import { type Bench, type Figure, percentile, rounded } from './figure.js';
import { signedInAt } from '../portal/visitor.js';

/** Each asks less often than a session may. */
const VISITORS = 60;
const RATE = 50;
const ROUNDS = 2;
const ROUND_MS = 5_000;
const GOAL_MS = 100;
/** Served by the same process, without a page. */
const EMPTY = '/robots.txt';

const PAGES = [
  ['the list of accesses', '/en/accesses'],
  ['the public register', '/en/register'],
  ['the start page', '/en'],
] as const;

/** Time to the first byte of pages at 50 a second beside the mesh, in turn with an empty answer of the same server. */
export const portal: Bench = {
  name: 'portal',
  run: async (report) => {
    const mesh = await benchMesh(report);
    const base = `http://localhost:${mesh.local.ports.portal}`;
    for (let n = 0; n < VISITORS * 5; n++) await consult(mesh, n % VISITORS);
    const cookies = await Promise.all(SSINS.slice(0, VISITORS).map((ssin) => signedInAt(base, ssin)));
    report(`portal: ${VISITORS} people signed in`);
    await openLoop(base, '/en/accesses', cookies);
    const figures: Figure[] = [];
    for (const [what, path] of PAGES) {
      const [pages, empty]: number[][] = [[], []];
      const before = processorTimes(mesh);
      for (let round = 0; round < ROUNDS; round++) {
        empty?.push(...(await openLoop(base, EMPTY, cookies)));
        pages?.push(...(await openLoop(base, path, cookies)));
      }
      const after = processorTimes(mesh);
      const [p95, emptyP95] = [percentile(pages ?? [], 0.95), percentile(empty ?? [], 0.95)];
      const cpu = ((after.get('portal') ?? 0) - (before.get('portal') ?? 0)) / (pages?.length || 1);
      figures.push({
        what: `portal, ${what}`,
        measured: `p95 ${p95.toFixed(1)} ms`,
        against: `an empty answer ${emptyP95.toFixed(1)} ms at ${RATE}/s`,
        ratio: p95 / emptyP95,
        goal: `p95 ≤ ${GOAL_MS} ms`,
        reached: p95 <= GOAL_MS,
        details: `${rounded(pages?.length ?? 0)} pages, p50 ${percentile(pages ?? [], 0.5).toFixed(1)} ms; ${cpu.toFixed(1)} ms of CPU of the portal for a page and an empty answer`,
      });
    }
    return figures;
  },
};

/** Asks 50 times a second, whether earlier answers have come or not. Resolves to milliseconds until each first byte. */
const openLoop = async (base: string, path: string, cookies: readonly string[]): Promise<number[]> => {
  const answers: Promise<number>[] = [];
  const from = performance.now();
  for (let n = 0; performance.now() - from < ROUND_MS; n++) {
    const due = from + (n * 1_000) / RATE;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    answers.push(firstByte(`${base}${path}`, cookies[n % cookies.length] ?? ''));
  }
  return Promise.all(answers);
};

const firstByte = (url: string, cookie: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const from = performance.now();
    get(url, { headers: { cookie, 'accept-encoding': 'gzip' } }, (response) => {
      const time = performance.now() - from;
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve(time) : reject(new Error(`${url} answers ${response.statusCode ?? 0}`)),
      );
    }).once('error', reject);
  });
