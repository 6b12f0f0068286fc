import type { WholeMesh } from '../whole-mesh.js';
import { CollectorStub, type Mood } from '../telemetry/collector-stub.js';
import { consult, processorTimes, startBenchMesh } from './bench-mesh.js';
import { closedLoop } from './closed-loop.js';
import { drained } from './consultation.bench.js';
import { CLIENTS } from './echo.js';
import { type Bench, type Figure, percentile, whole } from './figure.js';

const WARM_MS = 25_000;
/** Short, and many: what else the machine does lasts longer, and so meets both of a pair. */
const ROUND_MS = 1_500;
/** Of each mood; each beside a round without telemetry. */
const ROUNDS = 16;
const GOAL = 0.95;
const MOODS: readonly Mood[] = ['healthy', 'dead', 'slow'];

interface Round {
  readonly count: number;
  readonly perSecond: number;
  /** Of all services and Kafka, milliseconds. */
  readonly cpu: number;
}

interface Pair {
  readonly off: Round;
  readonly on: Round;
}

/**
 * What telemetry costs: two meshes side by side, one without it, asked in turns, so that whatever else the machine does
 * meets both. Only by name: it takes minutes.
 */
export const telemetry: Bench = {
  name: 'telemetry',
  run: async (say, named) => {
    if (!named) return [];
    const stub = await CollectorStub.start();
    const without = await startBenchMesh(say, { OTEL_EXPORTER_OTLP_ENDPOINT: '' });
    try {
      const along = await startBenchMesh(say, { OTEL_EXPORTER_OTLP_ENDPOINT: stub.endpoint });
      try {
        return await compare(without, along, stub, say);
      } finally {
        await along.stop();
      }
    } finally {
      await without.stop();
      await stub.stop();
    }
  },
};

const compare = async (
  without: WholeMesh,
  along: WholeMesh,
  stub: CollectorStub,
  say: (line: string) => void,
): Promise<Figure[]> => {
  for (const mesh of [without, along]) {
    say('telemetry: warming up');
    await closedLoop(CLIENTS, WARM_MS, (n) => consult(mesh, n));
    await drained(mesh);
  }
  const pairs = new Map<Mood, Pair[]>(MOODS.map((mood) => [mood, []]));
  for (let n = 0; n < ROUNDS; n++)
    for (const mood of MOODS) {
      await stub.become(mood);
      // In turns first and second: what is measured second finds the machine in another state.
      const first = n % 2 === 0 ? await round(without) : undefined;
      const on = await round(along);
      const off = first ?? (await round(without));
      pairs.get(mood)?.push({ off, on });
      if (n % 4 === 3) say(`telemetry: ${mood} ${whole(on.perSecond)}/s, off ${whole(off.perSecond)}/s`);
    }
  await stub.become('healthy');
  return [...pairs].map(([mood, of]) => figureOf(mood, of));
};

/** Pair by pair; a single one says little while others use the machine. */
const figureOf = (mood: Mood, pairs: readonly Pair[]): Figure => {
  const ratios = pairs.map(({ off, on }) => on.perSecond / off.perSecond);
  const ratio = percentile(ratios, 0.5);
  const [on, off] = [pairs.map((pair) => pair.on), pairs.map((pair) => pair.off)];
  const quartiles = [0.25, 0.75].map((share) => percentile(ratios, share).toFixed(2)).join(' to ');
  return {
    what: `telemetry, collector ${mood}`,
    measured: `${whole(percentile(on.map(perSecond), 0.5))}/s`,
    against: `off ${whole(percentile(off.map(perSecond), 0.5))}/s`,
    ratio,
    goal: `≥ ${GOAL}`,
    reached: ratio >= GOAL,
    besides: `half of the ratios are ${quartiles}; cpu ms a consultation: ${cpuOf(on).toFixed(2)}, off ${cpuOf(off).toFixed(2)}`,
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
