import type { TestMesh } from '../mesh.js';
import { CollectorStub, type Mood } from '../telemetry/collector-stub.js';
import { consult, processorTimes, startBenchMesh } from './bench-mesh.js';
import { closedLoop } from './closed-loop.js';
import { drained } from './consultation.bench.js';
import { CLIENTS } from './echo.js';
import { type Bench, type Figure, percentile, whole } from './figure.js';

const WARM_MS = 25_000;
const ROUND_MS = 5_000;
/** Of each mood; each beside a round without telemetry. */
const ROUNDS = 5;
const GOAL = 0.95;
const MOODS: readonly Mood[] = ['healthy', 'dead', 'slow'];

interface Round {
  readonly perSecond: number;
  /** Of all services and Kafka, milliseconds a consultation. */
  readonly cpu: number;
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
  without: TestMesh,
  along: TestMesh,
  stub: CollectorStub,
  say: (line: string) => void,
): Promise<Figure[]> => {
  for (const mesh of [without, along]) {
    say('telemetry: warming up');
    await closedLoop(CLIENTS, WARM_MS, (n) => consult(mesh, n));
    await drained(mesh, 0);
  }
  const pairs = new Map<Mood, { readonly off: Round; readonly on: Round }[]>(MOODS.map((mood) => [mood, []]));
  for (let n = 0; n < ROUNDS; n++)
    for (const mood of MOODS) {
      await stub.become(mood);
      // In turns first and second: what is measured second finds the machine in another state.
      const first = n % 2 === 0 ? await round(without) : undefined;
      const on = await round(along);
      const off = first ?? (await round(without));
      pairs.get(mood)?.push({ off, on });
      say(`telemetry: ${mood} ${whole(on.perSecond)}/s, off ${whole(off.perSecond)}/s`);
    }
  await stub.become('healthy');
  return [...pairs].map(([mood, rounds]): Figure => {
    const ratio = median(rounds.map(({ off, on }) => on.perSecond / off.perSecond));
    const cpu = median(rounds.map(({ off, on }) => on.cpu / off.cpu));
    return {
      what: `telemetry, collector ${mood}`,
      measured: `${whole(median(rounds.map(({ on }) => on.perSecond)))}/s`,
      against: `off ${whole(median(rounds.map(({ off }) => off.perSecond)))}/s`,
      ratio,
      goal: `≥ ${GOAL}`,
      reached: ratio >= GOAL,
      besides: `processor time a consultation × ${cpu.toFixed(3)} (${median(rounds.map(({ on }) => on.cpu)).toFixed(2)} ms); ratios ${rounds.map(({ off, on }) => (on.perSecond / off.perSecond).toFixed(2)).join(', ')}`,
    };
  });
};

const round = async (mesh: TestMesh): Promise<Round> => {
  const before = used(mesh);
  const { count, perSecond } = await closedLoop(CLIENTS, ROUND_MS, (n) => consult(mesh, n));
  await drained(mesh, 0);
  return { perSecond, cpu: (used(mesh) - before) / count };
};

const used = (mesh: TestMesh): number => {
  let sum = 0;
  for (const [name, ms] of processorTimes(mesh)) if (name !== 'clients') sum += ms;
  return sum;
};

const median = (values: readonly number[]): number => percentile(values, 0.5);
