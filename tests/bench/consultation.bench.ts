import { eventually } from '@crossroads/testing';
import { ask, withDatabase } from '../databases.js';
import type { WholeMesh } from '../whole-mesh.js';
import { benchMesh, consult, perOperation, processorTimes, residentOfServices, whilePaused } from './bench-mesh.js';
import { closedLoop, warmUp } from './closed-loop.js';
import { CLIENTS, type Echo, openEcho } from './echo.js';
import { type Bench, type Figure, percentile, rounded } from './figure.js';
import { idleSince, machineCpu } from './machine.js';

const ROUNDS = 3;
const MS = 10_000;
/** JIT compilers need about half a minute. */
const WARM = { minWindows: 5, maxWindows: 9 };
const ECHO_MS = 2_000;
const GOAL = 0.12;
const MAX_MB = 250;
/** Consultations a second: the national mean. */
const RATE = 68;

/** Consultations with all parts: mTLS, directory, decision, intent, source, outcome, receipt. The time ends when the access log has all of them. */
export const consultation: Bench = {
  name: 'consultation',
  run: async (report) => {
    const mesh = await benchMesh(report);
    await warmUp(
      CLIENTS,
      (n) => consult(mesh, n),
      (perSecond) => report(`consultation: warming up, ${rounded(perSecond)}/s`),
      WARM,
    );
    const echo = await openEcho();
    const rounds: Round[] = [];
    try {
      // Consultations and echo alternate, because the speed of the machine drifts.
      while (rounds.length < ROUNDS) {
        const round = await roundOf(mesh, echo);
        rounds.push(round);
        report(`consultation: ${rounded(round.perSecond)}/s of ${rounded(round.echo)}/s`);
      }
    } finally {
      echo.close();
    }
    return [figureOf(rounds)];
  },
};

interface Round {
  readonly echo: number;
  readonly perSecond: number;
  readonly details: string;
  readonly ratio: number;
}

const roundOf = async (mesh: WholeMesh, echo: Echo): Promise<Round> => {
  const before = await whilePaused(mesh, () => echo.measure(ECHO_MS));
  // Connections are slower at first after the processes were suspended.
  await closedLoop(CLIENTS, 1_000, (n) => consult(mesh, n));
  await drained(mesh);
  const end = await endOfAudit(mesh);
  const [cpu, machine, from] = [processorTimes(mesh), machineCpu(), performance.now()];
  const asked = await closedLoop(CLIENTS, MS, (n) => consult(mesh, n));
  await inAudit(mesh, asked.count, end);
  const perSecond = asked.count / ((performance.now() - from) / 1_000);
  const costs = perOperation(cpu, processorTimes(mesh), asked.count);
  const idle = idleSince(machine);
  const after = await whilePaused(mesh, () => echo.measure(ECHO_MS));
  const limit = (before.perSecond + after.perSecond) / 2;
  return {
    echo: limit,
    perSecond,
    ratio: perSecond / limit,
    details: `p50 ${asked.p50Ms.toFixed(1)} ms, p99 ${asked.p99Ms.toFixed(1)} ms; ${(idle * 100).toFixed(0)} % idle; cpu ms a consultation: ${costs}`,
  };
};

/** The median round, with the ratios of all rounds. */
const figureOf = (rounds: readonly Round[]): Figure => {
  const sorted = rounds.toSorted((a, b) => a.ratio - b.ratio);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  const { ratio, perSecond, echo, details } = middle;
  return {
    what: 'consultation, audit drained',
    measured: `${rounded(perSecond)}/s`,
    against: `bare grpc-js echo ${rounded(echo)}/s`,
    ratio,
    goal: `≥ ${GOAL}`,
    reached: ratio >= GOAL,
    details: `ratios ${sorted.map((round) => round.ratio.toFixed(3)).join(' ')}; ${details}`,
  };
};

/** Memory after load: runs last. */
export const memory: Bench = {
  name: 'memory',
  run: async (report) => {
    const mesh = await benchMesh(report);
    await closedLoop(CLIENTS, 20_000, (n) => consult(mesh, n));
    return [...residentOfServices(mesh)].map(([name, mb]) => ({
      what: `memory of ${name}`,
      measured: `${rounded(mb)} MB`,
      against: 'resident, after load',
      goal: `≤ ${MAX_MB} MB`,
      reached: mb <= MAX_MB,
    }));
  },
};

/** Accesses that are added from now on have this transaction id or a higher one. Nothing may be under way: see `drained`. */
const endOfAudit = async (mesh: WholeMesh): Promise<string> => {
  const [end] = await ask<{ id: string }>(
    mesh,
    'access_audit',
    'select pg_snapshot_xmax(pg_current_snapshot())::text as id',
  );
  return end?.id ?? BEGINNING;
};

const BEGINNING = '0';

/**
 * Waits until the access log has `expected` accesses of the exchange from this transaction on: each comes once, with its outcome. Polls on
 * one connection and counts new events only, by the index of the stamper, because polling is part of the measured time.
 */
const inAudit = (mesh: WholeMesh, expected: number, end: string): Promise<number> =>
  withDatabase(mesh, 'access_audit', (client) =>
    eventually(
      async () => {
        const { rows } = await client.query<{ count: string }>(
          `select count(*) from es.events where partition between 0 and 99 and transaction_id >= $1::xid8
             and type = 'AccessRecorded' and data->>'ceSource' = 'urn:crossroads:service:exchange'`,
          [end],
        );
        return Number(rows[0]?.count);
      },
      (count) => count >= expected,
      120_000,
    ),
  );

/** Waits until the access log has all accesses of the exchange whose outcome is known. */
export const drained = async (mesh: WholeMesh): Promise<void> => {
  const [row] = await ask<{ count: string }>(
    mesh,
    'exchange',
    `select count(*) from es.events where type in ('AccessConcluded', 'AccessRefused')`,
  );
  await inAudit(mesh, Number(row?.count), BEGINNING);
};

/** Open loop: sends at a fixed rate, independent of the answers. */
export const consultationAtRate: Bench = {
  name: 'consultation-rate',
  run: async (report) => {
    const mesh = await benchMesh(report);
    await closedLoop(CLIENTS, 2_000, (n) => consult(mesh, n));
    const latencies: number[] = [];
    const pending: Promise<void>[] = [];
    const from = performance.now();
    for (let n = 0; performance.now() - from < 8_000; ) {
      const due = Math.floor(((performance.now() - from) * RATE) / 1_000);
      for (; n < due; n++) {
        const sent = performance.now();
        const asked = consult(mesh, n).then(() => void latencies.push(performance.now() - sent));
        // A failed call counts as infinitely slow.
        pending.push(asked.catch(() => void latencies.push(Number.POSITIVE_INFINITY)));
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all(pending);
    const p99 = percentile(latencies, 0.99);
    return [
      {
        what: 'consultation at 68/s',
        measured: `p99 ${p99.toFixed(1)} ms`,
        against: 'the national mean',
        goal: 'p99 ≤ 50 ms',
        reached: p99 <= 50,
        details: `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, ${latencies.length} answered`,
      },
    ];
  },
};
