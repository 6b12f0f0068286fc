import { eventually } from '@crossroads/testing';
import { ask } from '../databases.js';
import type { TestMesh } from '../mesh.js';
import { benchMesh, consult, perOperation, processorTimes, residentOfServices, startBenchMesh } from './bench-mesh.js';
import { closedLoop, untilSettled } from './closed-loop.js';
import { CLIENTS, measureEcho } from './echo.js';
import { type Bench, percentile, whole } from './figure.js';
import { idleSince, machineCpu } from './machine.js';

const MS = 10_000;
const ECHO_MS = 4_000;
const GOAL = 0.12;
const MOST_MB = 250;
/** A second: the national mean. */
const RATE = 68;

/** Everything on: mTLS, directory, decision, intent, source, outcome, receipt; counted when the access log has it all. */
export const consultation: Bench = {
  name: 'consultation',
  run: async (say) => {
    // Before the mesh runs and after it: what idles there takes processor time, too, and the machine's speed drifts.
    say('consultation: bare echo');
    const before = await measureEcho(ECHO_MS);
    const mesh = await startBenchMesh(say);
    let measured: Awaited<ReturnType<typeof consulting>>;
    try {
      measured = await consulting(mesh, say);
    } finally {
      await mesh.stop();
    }
    say('consultation: bare echo again');
    const after = await measureEcho(ECHO_MS);
    const echo = (before.perSecond + after.perSecond) / 2;
    const ratio = measured.perSecond / echo;
    return [
      {
        what: 'consultation, audit drained',
        measured: `${whole(measured.perSecond)}/s`,
        against: `bare grpc-js echo ${whole(before.perSecond)} and ${whole(after.perSecond)}/s`,
        ratio,
        goal: `≥ ${GOAL}`,
        reached: ratio >= GOAL,
        besides: measured.besides,
      },
    ];
  },
};

/** Consultations a second, warm, counted when the access log has them all. */
const consulting = async (mesh: TestMesh, say: (line: string) => void) => {
  await untilSettled(
    CLIENTS,
    (n) => consult(mesh, n),
    (perSecond) => say(`consultation: warming up, ${whole(perSecond)}/s`),
  );
  await drained(mesh, 0);
  const already = await inAudit(mesh);
  const [cpu, machine, from] = [processorTimes(mesh), machineCpu(), performance.now()];
  const measured = await closedLoop(
    CLIENTS,
    MS,
    (n) => consult(mesh, n),
    (count) => say(`consultation: ${whole(count)} answered`),
  );
  const answering = (performance.now() - from) / 1_000;
  await drained(mesh, already + measured.count);
  const seconds = (performance.now() - from) / 1_000;
  const idle = idleSince(machine);
  const costs = perOperation(cpu, processorTimes(mesh), measured.count);
  return {
    perSecond: measured.count / seconds,
    besides: `p50 ${measured.p50Ms.toFixed(1)} ms, p99 ${measured.p99Ms.toFixed(1)} ms; ${whole(measured.perSecond)}/s while asked, drained ${(seconds - answering).toFixed(1)} s later; ${(idle * 100).toFixed(0)} % idle; cpu ms a consultation: ${costs}`,
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
      goal: `≤ ${MOST_MB} MB`,
      reached: mb <= MOST_MB,
    }));
  },
};

const inAudit = async (mesh: TestMesh): Promise<number> => {
  const [row] = await ask<{ count: string }>(
    mesh,
    'access_audit',
    `select count(*) from es.events where data->>'ceSource' = 'urn:crossroads:service:exchange'`,
  );
  return Number(row?.count);
};

/** All outcomes are in the access log: those counted, and all that the exchange has. */
export const drained = async (mesh: TestMesh, least: number): Promise<void> => {
  const [row] = await ask<{ count: string }>(
    mesh,
    'exchange',
    `select count(*) from es.events where type = 'AccessConcluded'`,
  );
  const all = Math.max(least, Number(row?.count));
  await eventually(
    () => inAudit(mesh),
    (count) => count >= all,
    120_000,
  );
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
