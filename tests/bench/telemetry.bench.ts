import type { WholeMesh } from '../whole-mesh.js';
import { CollectorStub, type CollectorState } from '../telemetry/collector-stub.js';
import { consult, processorTimes, startBenchMesh } from './bench-mesh.js';
import { closedLoop } from './closed-loop.js';
import { drained } from './consultation.bench.js';
import { CLIENTS } from './echo.js';
import { type Bench, type Figure, percentile, rounded } from './figure.js';

const WARM_MS = 25_000;
/** Many short rounds, so that other work on the machine affects both rounds of a pair. */
const ROUND_MS = 1_500;
/** For each state of the collector; each paired with a round without telemetry. */
const ROUNDS = 16;
const GOAL = 0.95;
const COLLECTOR_STATES: readonly CollectorState[] = ['healthy', 'unreachable', 'slow'];

interface Round {
  readonly count: number;
  readonly perSecond: number;
  /** Processor time of all services and Kafka, in milliseconds. */
  readonly cpu: number;
}

interface Pair {
  readonly off: Round;
  readonly on: Round;
}

/**
 * The cost of telemetry: two meshes, one without it, are measured alternately, so that other work on the machine affects both. Runs only
 * when it is named, because it takes minutes.
 */
export const telemetry: Bench = {
  name: 'telemetry',
  run: async (report, named) => {
    if (!named) return [];
    const stub = await CollectorStub.start();
    const without = await startBenchMesh(report, { OTEL_EXPORTER_OTLP_ENDPOINT: '' });
    try {
      const withTelemetry = await startBenchMesh(report, { OTEL_EXPORTER_OTLP_ENDPOINT: stub.endpoint });
      try {
        return await compare(without, withTelemetry, stub, report);
      } finally {
        await withTelemetry.stop();
      }
    } finally {
      await without.stop();
      await stub.stop();
    }
  },
};

const compare = async (
  without: WholeMesh,
  withTelemetry: WholeMesh,
  stub: CollectorStub,
  report: (line: string) => void,
): Promise<Figure[]> => {
  for (const mesh of [without, withTelemetry]) {
    report('telemetry: warming up');
    await closedLoop(CLIENTS, WARM_MS, (n) => consult(mesh, n));
    await drained(mesh);
  }
  const pairs = new Map<CollectorState, Pair[]>(COLLECTOR_STATES.map((state) => [state, []]));
  for (let n = 0; n < ROUNDS; n++)
    for (const state of COLLECTOR_STATES) {
      await stub.setState(state);
      // The order alternates, because the second measurement finds the machine in another state.
      const first = n % 2 === 0 ? await round(without) : undefined;
      const on = await round(withTelemetry);
      const off = first ?? (await round(without));
      pairs.get(state)?.push({ off, on });
      if (n % 4 === 3) report(`telemetry: ${state} ${rounded(on.perSecond)}/s, off ${rounded(off.perSecond)}/s`);
    }
  await stub.setState('healthy');
  return [...pairs].map(([state, of]) => figureOf(state, of));
};

/** The median of the ratios of all pairs. */
const figureOf = (state: CollectorState, pairs: readonly Pair[]): Figure => {
  const ratios = pairs.map(({ off, on }) => on.perSecond / off.perSecond);
  const ratio = percentile(ratios, 0.5);
  const [on, off] = [pairs.map((pair) => pair.on), pairs.map((pair) => pair.off)];
  const quartiles = [0.25, 0.75].map((share) => percentile(ratios, share).toFixed(2)).join(' to ');
  return {
    what: `telemetry, collector ${state}`,
    measured: `${rounded(percentile(on.map(perSecond), 0.5))}/s`,
    against: `off ${rounded(percentile(off.map(perSecond), 0.5))}/s`,
    ratio,
    goal: `≥ ${GOAL}`,
    reached: ratio >= GOAL,
    details: `half of the ratios are ${quartiles}; cpu ms a consultation: ${cpuOf(on).toFixed(2)}, off ${cpuOf(off).toFixed(2)}`,
  };
};

const perSecond = (one: Round): number => one.perSecond;

const cpuOf = (rounds: readonly Round[]): number =>
  rounds.reduce((sum, { cpu }) => sum + cpu, 0) / rounds.reduce((sum, { count }) => sum + count, 0);

const round = async (mesh: WholeMesh): Promise<Round> => {
  const before = used(mesh);
  const { count, perSecond } = await closedLoop(CLIENTS, ROUND_MS, (n) => consult(mesh, n));
  await drained(mesh);
  return { count, perSecond, cpu: used(mesh) - before };
};

const used = (mesh: WholeMesh): number => {
  let sum = 0;
  for (const [name, ms] of processorTimes(mesh)) if (name !== 'clients') sum += ms;
  return sum;
};
