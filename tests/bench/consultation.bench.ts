import { eventually } from '@crossroads/testing';
import { ask, withDatabase } from '../databases.js';
import type { WholeMesh } from '../whole-mesh.js';
import { benchMesh, consult, perOperation, processorTimes, residentOfServices, whilePaused } from './bench-mesh.js';
import { closedLoop, untilSettled } from './closed-loop.js';
import { CLIENTS, type Echo, openEcho } from './echo.js';
import { type Bench, type Figure, percentile, whole } from './figure.js';
import { idleSince, machineCpu } from './machine.js';

const ROUNDS = 5;
const MS = 15_000;
const ECHO_MS = 2_000;
const GOAL = 0.12;
const MAX_MB = 250;
/** A second: the national mean. */
const RATE = 68;

/** Everything on: mTLS, directory, decision, intent, source, outcome, receipt; counted when the access log has it all. */
export const consultation: Bench = {
  name: 'consultation',
  run: async (say) => {
    const mesh = await benchMesh(say);
    await untilSettled(
      CLIENTS,
      (n) => consult(mesh, n),
      (perSecond) => say(`consultation: warming up, ${whole(perSecond)}/s`),
    );
    const echo = await openEcho();
    const rounds: Round[] = [];
    try {
      // In turn, since the speed of a machine drifts.
      while (rounds.length < ROUNDS) {
        const round = await roundOf(mesh, echo);
        rounds.push(round);
        say(`consultation: ${whole(round.perSecond)}/s of ${whole(round.echo)}/s`);
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
  readonly besides: string;
  readonly ratio: number;
}

const roundOf = async (mesh: WholeMesh, echo: Echo): Promise<Round> => {
  const before = await whilePaused(mesh, () => echo.measure(ECHO_MS));
  // The first calls after a pause find connections that have to wake up.
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
    besides: `p50 ${asked.p50Ms.toFixed(1)} ms, p99 ${asked.p99Ms.toFixed(1)} ms; ${(idle * 100).toFixed(0)} % idle; cpu ms a consultation: ${costs}`,
  };
};

/** The round in the middle, and how far the others were from it. */
const figureOf = (rounds: readonly Round[]): Figure => {
  const sorted = rounds.toSorted((a, b) => a.ratio - b.ratio);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  const { ratio, perSecond, echo, besides } = middle;
  return {
    what: 'consultation, audit drained',
    measured: `${whole(perSecond)}/s`,
    against: `bare grpc-js echo ${whole(echo)}/s`,
    ratio,
    goal: `≥ ${GOAL}`,
    reached: ratio >= GOAL,
    besides: `ratios ${sorted.map((round) => round.ratio.toFixed(3)).join(' ')}; ${besides}`,
  };
};

/** After the load of the others: run last. */
export const memory: Bench = {
  name: 'memory',
  run: async (say) => {
    const mesh = await benchMesh(say);
    await closedLoop(CLIENTS, 20_000, (n) => consult(mesh, n));
    return [...residentOfServices(mesh)].map(([name, mb]) => ({
      what: `memory of ${name}`,
      measured: `${whole(mb)} MB`,
      against: 'resident, after load',
      goal: `≤ ${MAX_MB} MB`,
      reached: mb <= MAX_MB,
    }));
  },
};

interface End {
  readonly transaction_id: string;
  readonly position: string;
}

const BEGINNING: End = { transaction_id: '0', position: '0' };

/** Where its log ends. */
const endOfAudit = async (mesh: WholeMesh): Promise<End> => {
  const [end] = await ask<End>(
    mesh,
    'access_audit',
    'select transaction_id, position from es.events where revision > 0 order by transaction_id desc, position desc limit 1',
  );
  return end ?? BEGINNING;
};

/**
 * Waits until it has so much from the exchange after that end. Asked on one connection, and of what is new only: to ask is
 * part of the measured time.
 */
const inAudit = (mesh: WholeMesh, least: number, { transaction_id, position }: End): Promise<number> =>
  withDatabase(mesh, 'access_audit', (client) =>
    eventually(
      async () => {
        const { rows } = await client.query<{ count: string }>(
          `select count(*) from es.events where revision > 0 and (transaction_id, position) > ($1::xid8, $2)
             and data->>'ceSource' = 'urn:crossroads:service:exchange'`,
          [transaction_id, position],
        );
        return Number(rows[0]?.count);
      },
      (count) => count >= least,
      120_000,
    ),
  );

/** All outcomes that the exchange has are in the access log. */
export const drained = async (mesh: WholeMesh): Promise<void> => {
  const [row] = await ask<{ count: string }>(
    mesh,
    'exchange',
    `select count(*) from es.events where type = 'AccessConcluded'`,
  );
  await inAudit(mesh, Number(row?.count), BEGINNING);
};

/** Open loop: asked at a fixed rate, whatever the answers take. */
export const consultationAtRate: Bench = {
  name: 'consultation-rate',
  run: async (say) => {
    const mesh = await benchMesh(say);
    await closedLoop(CLIENTS, 2_000, (n) => consult(mesh, n));
    const latencies: number[] = [];
    const pending: Promise<void>[] = [];
    const from = performance.now();
    for (let n = 0; performance.now() - from < 8_000; ) {
      const due = Math.floor(((performance.now() - from) * RATE) / 1_000);
      for (; n < due; n++) {
        const sent = performance.now();
        const asked = consult(mesh, n).then(() => void latencies.push(performance.now() - sent));
        // Not answered is as slow as can be.
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
        besides: `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, ${latencies.length} answered`,
      },
    ];
  },
};
