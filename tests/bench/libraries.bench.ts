import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import { benchAppend } from '@crossroads/eventsourcing/append.bench';
import { type Databases, freePort, startPostgres } from '@crossroads/local';
import { benchDecision } from '@crossroads/policy/decide.bench';
import { benchSchemas } from '@crossroads/policy/schema.bench';
import { benchRequestToken } from '@crossroads/request-token/request-token.bench';
import { type Bench, rounded } from './figure.js';
import { runProgram } from './program.js';

/** With fsync, as in production: without it the reference would be meaningless. */
const withPostgres = async <Value>(name: string, work: (databases: Databases) => Promise<Value>): Promise<Value> => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-bench-'));
  const postgres = await startPostgres({ dataFolder, port: await freePort() });
  try {
    return await work(await postgres.ensureService(name));
  } finally {
    await postgres.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
};

export const append: Bench = {
  name: 'append',
  run: (report) =>
    withPostgres('bench', async ({ main }) => {
      await migrate({ url: main.migrator, migrations: eventStoreMigrations, appRole: new URL(main.app).username });
      const { appendsPerSecond, insertsPerSecond, ratio, batchedPerSecond, position, pass, roundTrip } =
        await benchAppend(main.app, report);
      return [
        {
          what: 'es.append, 16 clients',
          measured: `${rounded(appendsPerSecond)}/s`,
          against: `plain insert ${rounded(insertsPerSecond)}/s`,
          ratio,
          goal: '≥ 0.8',
          reached: ratio >= 0.8,
          details: `${rounded(batchedPerSecond)}/s in batches, by 256 callers`,
        },
        {
          what: 'from the commit to the position, 500/s',
          measured: `p99 ${position.p99Ms.toFixed(1)} ms`,
          against: `select 1 meanwhile p50 ${roundTrip.p50Ms.toFixed(1)} ms, p99 ${roundTrip.p99Ms.toFixed(1)} ms`,
          goal: 'p99 ≤ 20 ms',
          reached: position.p99Ms <= 20,
          details: `p50 ${position.p50Ms.toFixed(1)} ms; ${pass.count} passes of the stamper, p50 ${pass.p50Ms.toFixed(1)} ms, p99 ${pass.p99Ms.toFixed(1)} ms`,
        },
      ];
    }),
};

const OPENFGA = 3_400;
const CEDAR = 7_600;

export const decision: Bench = {
  name: 'decision',
  run: async (report) => {
    report('decision: 10,000 deliberations, 100,000 grants');
    const { deliberations, grants, perSecond, p50Us, p99Us, cpuMsPerDecision, applyP99Us, allowed, decisions } =
      benchDecision();
    return [
      {
        what: 'decision in process',
        measured: `p99 ${p99Us.toFixed(1)} µs`,
        against: `${rounded(deliberations)} deliberations, ${rounded(grants)} grants`,
        goal: 'p99 ≤ 20 µs',
        reached: p99Us <= 20,
        details: `p50 ${p50Us.toFixed(1)} µs, ${cpuMsPerDecision.toFixed(4)} cpu ms each; ${rounded((100 * allowed) / decisions)} % allowed; a change of the policy p99 ${rounded(applyP99Us)} µs`,
      },
      {
        what: 'decisions a second',
        measured: `${rounded(perSecond)}/s`,
        against: `Cedar ${rounded(CEDAR)}/s, OpenFGA ${rounded(OPENFGA)}/s (measured before, quiet)`,
        ratio: perSecond / CEDAR,
        goal: '≥ 10 × the faster one',
        reached: perSecond >= 10 * CEDAR,
      },
    ];
  },
};

export const schemas: Bench = {
  name: 'schemas',
  run: () => {
    const measured = benchSchemas().toSorted((a, b) => b.cpuMs - a.cpuMs);
    const [worst] = measured;
    if (!worst) throw new Error('there is no schema to measure');
    const figure = {
      what: 'worst schema, 1 MiB',
      measured: `${worst.cpuMs.toFixed(1)} cpu ms`,
      against: worst.what,
      goal: '≤ 50 cpu ms',
      reached: worst.cpuMs <= 50,
      details: measured
        .map(({ what, cpuMs, steps }) => `${what} ${cpuMs.toFixed(1)} (${rounded(steps)} steps)`)
        .join(', '),
    };
    return Promise.resolve([figure]);
  },
};

interface DirectoryFigures {
  readonly loadPerSecond: number;
  readonly plainLoadPerSecond: number;
  readonly bytesPerInscription: number;
  readonly lookups: { readonly perSecond: number; readonly p95Ms: number };
  readonly plainSelects: { readonly perSecond: number };
}

/** One hundredth of the country's people, with 14 inscriptions each. */
const ALL_PERSONS = 255_000;
/** This many take half a minute. */
const SOME_PERSONS = 30_000;

/** Runs the benchmark of the directory as a process, because a service must not be imported. */
export const directory: Bench = {
  name: 'directory',
  run: (report, named) =>
    withPostgres('reference-directory', async ({ main }) => {
      const { loadPerSecond, plainLoadPerSecond, bytesPerInscription, lookups, plainSelects } = await runDirectory(
        main,
        named ? ALL_PERSONS : SOME_PERSONS,
        report,
      );
      const [load, lookUp] = [loadPerSecond / plainLoadPerSecond, lookups.perSecond / plainSelects.perSecond];
      return [
        {
          what: 'directory, space',
          measured: `${bytesPerInscription.toFixed(1)} bytes an inscription`,
          against: `events, rows and indexes, of ${rounded(named ? ALL_PERSONS : SOME_PERSONS)} people`,
          goal: '≤ 40',
          reached: bytesPerInscription <= 40,
        },
        {
          what: 'directory, load',
          measured: `${rounded(loadPerSecond)}/s`,
          against: `insert … select without an index ${rounded(plainLoadPerSecond)}/s`,
          ratio: load,
          goal: '≥ 0.3',
          reached: load >= 0.3,
        },
        {
          what: 'directory, look-ups',
          measured: `${rounded(lookups.perSecond)}/s`,
          against: `plain prepared select ${rounded(plainSelects.perSecond)}/s`,
          ratio: lookUp,
          goal: '≥ 0.7, p95 ≤ 5 ms',
          reached: lookUp >= 0.7 && lookups.p95Ms <= 5,
          details: `p95 ${lookups.p95Ms.toFixed(2)} ms`,
        },
      ];
    }),
};

const runDirectory = (
  { app, migrator }: Databases['main'],
  persons: number,
  report: (line: string) => void,
): Promise<DirectoryFigures> =>
  runProgram<DirectoryFigures>(
    ['services', 'reference-directory', 'dist', 'bench', 'run.js'],
    (line) => report(`directory: ${line}`),
    {
      environment: {
        BENCH_URL: app,
        BENCH_MIGRATOR_URL: migrator,
        BENCH_ROLE: new URL(app).username,
        BENCH_PERSONS: String(persons),
      },
    },
  );

const VERIFIER_CPU_MS = 0.3;

export const requestToken: Bench = {
  name: 'request-token',
  run: async () => {
    const { tokens, bytes, issueMs, exchangeMs, sourceMs } = await benchRequestToken();
    const verifier = (what: string, ms: number) => ({
      what,
      measured: `${ms.toFixed(3)} cpu ms`,
      against: `${rounded(tokens)} tokens of ${rounded(bytes)} bytes, three data services`,
      goal: `≤ ${VERIFIER_CPU_MS} cpu ms`,
      reached: ms <= VERIFIER_CPU_MS,
    });
    return [
      { ...verifier('request token at the exchange', exchangeMs), details: `issued in ${issueMs.toFixed(3)} cpu ms` },
      verifier('request token at a source', sourceMs),
    ];
  },
};
