import { stopBenchMesh } from './bench-mesh.js';
import { consultation, consultationAtRate, memory } from './consultation.bench.js';
import { deliveries } from './deliveries.bench.js';
import { delivery } from './delivery.bench.js';
import { disk } from './disk.bench.js';
import { eboxContent } from './ebox-content.bench.js';
import { eboxList } from './ebox-list.bench.js';
import { eboxPublish } from './ebox-publish.bench.js';
import { type Bench, type Figure, formatted } from './figure.js';
import { append, decision, directory, requestToken, schemas } from './libraries.bench.js';
import { machineState } from './machine.js';
import { portal } from './portal.bench.js';
import { processes } from './processes.bench.js';
import { refusals } from './refusals.bench.js';
import { telemetry } from './telemetry.bench.js';

/** All benchmarks, run by `npm run bench`. `npm run bench -- <name>` runs some of them. */
const BENCHES: readonly Bench[] = [
  decision,
  schemas,
  requestToken,
  append,
  directory,
  consultation,
  consultationAtRate,
  processes,
  refusals,
  disk,
  delivery,
  deliveries,
  eboxPublish,
  eboxContent,
  eboxList,
  portal,
  memory,
  telemetry,
];

const main = async (names: readonly string[]): Promise<number> => {
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no benchmark ${unknown.join(', ')}; there are ${BENCHES.map(({ name }) => name).join(', ')}.`,
    );
    return 2;
  }
  console.log(await machineState());
  const figures: Figure[] = [];
  const failed: string[] = [];
  const began = performance.now();
  for (const bench of BENCHES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const from = performance.now();
    try {
      const measured = await bench.run((line) => console.log(`  ${line}`), names.length > 0);
      figures.push(...measured);
      for (const figure of measured) console.log(formatted(figure));
    } catch (error) {
      console.error(`${bench.name} failed:`, error);
      failed.push(bench.name);
    }
    console.log(`  ${bench.name}: ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  }
  await stopBenchMesh();
  console.log(`\n${await machineState()}\n${figures.map(formatted).join('\n')}`);
  const missed = figures.filter(({ reached }) => !reached).length;
  console.log(
    `\n${figures.length - missed} of ${figures.length} goals reached, in ${((performance.now() - began) / 1_000).toFixed(0)} s`,
  );
  if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopBenchMesh().then(() => process.exit(130)));
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await stopBenchMesh();
}
