import { IDENTIFICATION } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { move } from '../load.js';
import { address, generatedPerson, since } from '../people.js';
import { readTopic } from '../topic-reader.js';
import { benchMesh, PEOPLE, perOperation, processorTimes, SSINS } from './bench-mesh.js';
import { type Bench, percentile, rounded } from './figure.js';
import { idleSince, machineCpu } from './machine.js';

const RATE = 200;
const SECONDS = 10;
const WARM = 2_000;
const BATCH_SIZE = 20;

/** The whole mesh: from a change in the registry to its delivery on the subscriber's topic. `deliveries` measures subscription alone. */
export const delivery: Bench = {
  name: 'delivery',
  run: async (report) => {
    const mesh = await benchMesh(report);
    const { subscriptionId } = await mesh.subscribe('health-fund', IDENTIFICATION);
    const reader = await readTopic(mesh, 'health-fund');
    const arrived = () => reader.deliveries.filter(({ delivery: one }) => one.subscriptionId === subscriptionId);
    const municipality = mesh.as('municipality');
    // JIT compilation doubles the speed within half a minute.
    for (let from = 0; from < WARM; from += BATCH_SIZE)
      await Promise.all(SSINS.slice(from, from + BATCH_SIZE).map((ssin) => move(municipality, ssin, 'warm')));
    await eventually(
      () => arrived().length,
      (count) => count >= WARM,
      60_000,
    );

    // Open loop: sends when due, independent of the answers.
    const sentAt = new Map<string, number>();
    const pending: Promise<void>[] = [];
    const failed: unknown[] = [];
    const [cpu, machine, from] = [processorTimes(mesh), machineCpu(), performance.now()];
    for (let n = 0, reportedAt = from; n < RATE * SECONDS; ) {
      const due = Math.min(RATE * SECONDS, Math.floor(((performance.now() - from) * RATE) / 1_000));
      for (; n < due; n++) {
        const [ssin, sent] = [SSINS[n % PEOPLE] ?? '', performance.now()];
        const moved = move(municipality, ssin, `r-${n}`).then(
          (revision) => void sentAt.set(`${ssin} ${revision}`, sent),
        );
        pending.push(moved.catch((error: unknown) => void failed.push(error)));
      }
      if (performance.now() - reportedAt > 2_000) {
        reportedAt = performance.now();
        report(`delivery: ${rounded(n)} sent, ${rounded(arrived().length - WARM)} arrived`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all(pending);
    if (failed.length > 0) throw new Error('a change was refused', { cause: failed[0] });
    const accepting = (performance.now() - from) / 1_000;
    await eventually(
      () => arrived().length,
      (count) => count >= WARM + RATE * SECONDS,
      120_000,
    );
    const idle = idleSince(machine);
    const costs = perOperation(cpu, processorTimes(mesh), RATE * SECONDS);
    const latencies = arrived().flatMap(({ delivery: { content }, arrivedAt }) => {
      const sent =
        content?.$case === 'mutation' ? sentAt.get(`${content.value.ssin} ${content.value.sourceRevision}`) : undefined;
      return sent === undefined ? [] : [arrivedAt - sent];
    });
    const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];

    report('delivery: all at once');
    const before = arrived().length;
    const [cpuBefore, burst] = [processorTimes(mesh), performance.now()];
    const imported = await mesh.load(async function* () {
      for (let n = 0; n < PEOPLE; n++) {
        const person = generatedPerson(n);
        const fact = since({ year: 2026, month: 1, day: 2 }, address('Spoedstraat', String(n + 1)));
        yield { ...person, facts: [...person.facts, fact] };
      }
    });
    const changed = (performance.now() - burst) / 1_000;
    await eventually(
      () => arrived().length,
      (count) => count >= before + imported.changed,
      120_000,
    );
    const burstCosts = perOperation(cpuBefore, processorTimes(mesh), imported.changed);
    const times = arrived()
      .slice(before)
      .map(({ arrivedAt }) => arrivedAt);
    const perSecond = times.length / ((Math.max(...times) - burst) / 1_000);
    await reader.close();
    return [
      {
        what: `mutation → delivery at ${RATE}/s`,
        measured: `p50 ${rounded(p50)} ms, p99 ${rounded(p99)} ms`,
        against: `${latencies.length} of ${RATE * SECONDS} timed`,
        goal: 'p99 ≤ 1,000 ms',
        reached: p99 <= 1_000 && latencies.length === RATE * SECONDS,
        details: `all accepted ${accepting.toFixed(1)} s after the first was sent; ${(idle * 100).toFixed(0)} % idle; cpu ms a mutation: ${costs}`,
      },
      {
        what: 'deliveries, all at once',
        measured: `${rounded(perSecond)}/s`,
        against: `from the first change of ${rounded(imported.changed)} to the last arrival; the import alone took ${changed.toFixed(1)} s`,
        goal: 'reported',
        reached: true,
        details: `one subscriber, and the import beside it; cpu ms a change: ${burstCosts}`,
      },
    ];
  },
};
