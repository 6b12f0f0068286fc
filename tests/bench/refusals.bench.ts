import { newRequestId, RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, inscribeAll, PURPOSES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { ask } from '../databases.js';
import { official } from '../officials.js';
import { generatedPeople, generatedSsins } from '../people.js';
import type { WholeMesh } from '../whole-mesh.js';
import { benchMesh, PEOPLE } from './bench-mesh.js';
import { type Bench, percentile } from './figure.js';

const CALLS = 2_000;
const WARM_UP = 200;
/** Of each kind, so that caches have all of them as much as of the others. */
const PERSONS = 20;
const MAX_Z = 3;

/**
 * Five reasons for one refusal. One client asks about a person of each kind in turn, in an order drawn anew for each round. What is measured
 * is whether the time tells the kind: for each kind, the Mann-Whitney test of its times against those of the other four.
 */
export const refusals: Bench = {
  name: 'refusals',
  run: async (report) => {
    const mesh = await benchMesh(report);
    const kinds = await strangers(mesh);
    const times = new Map(kinds.map(({ kind }) => [kind, [] as number[]]));
    for (let round = -WARM_UP; round < CALLS; round++) {
      for (const { kind, ssins } of shuffled(kinds)) {
        const from = performance.now();
        await refused(mesh, ssins[(round + WARM_UP) % ssins.length] ?? '');
        if (round >= 0) times.get(kind)?.push(performance.now() - from);
      }
      if (round > 0 && round % 500 === 0) report(`refusals: ${round} of ${CALLS}`);
    }
    return [...times].map(([kind, own]) => {
      const others = [...times].flatMap(([other, values]) => (other === kind ? [] : values));
      const { z, slower } = rankSum(own, others);
      return {
        what: `refusal, ${kind}`,
        measured: `p50 ${percentile(own, 0.5).toFixed(2)} ms, z ${z.toFixed(1)}`,
        against: `the other four p50 ${percentile(others, 0.5).toFixed(2)} ms`,
        goal: `|z| ≤ ${MAX_Z}`,
        reached: Math.abs(z) <= MAX_Z,
        details: `slower than one of the others in ${(slower * 100).toFixed(1)} % of all pairs; p99 ${percentile(own, 0.99).toFixed(1)} ms`,
      };
    });
  },
};

interface Kind {
  readonly kind: string;
  readonly ssins: readonly string[];
}

const strangers = async (mesh: WholeMesh): Promise<readonly Kind[]> => {
  await mesh.load(() => generatedPeople(4 * PERSONS, PEOPLE));
  const some = (n: number) => generatedSsins(PERSONS, PEOPLE + n * PERSONS);
  const [replaced, cancelled, stranger, otherwise, unknown] = [some(0), some(1), some(2), some(3), some(4)];
  await mesh.inscribe('health-fund', [...stranger, ...replaced, ...cancelled]);
  await eventually(
    () => inscribeAll(mesh.as('welfare-office'), 'PCSA:CO_RESIDENT', otherwise),
    ({ refused }) => refused.length === 0,
  );
  const { registry } = mesh.as('national-register');
  const unassigned = generatedSsins(PERSONS, 2 * PEOPLE);
  for (const [index, ssin] of replaced.entries())
    await registry.replaceSsin(
      { requestId: newRequestId(), ssin, replacingSsin: unassigned[index] ?? '' },
      await official(mesh, 'national-register'),
    );
  for (const ssin of cancelled) {
    const { proposalId } = await registry.proposeCancellation(
      { requestId: newRequestId(), ssin },
      await official(mesh, 'national-register'),
    );
    await mesh
      .as('municipality')
      .registry.confirmProposal(
        { requestId: newRequestId(), proposalId, ssin, replacingSsin: '' },
        await official(mesh, 'municipality'),
      );
  }
  await eventually(
    () => ask<{ count: string }>(mesh, 'reference_directory', `select count(*) from numbers where state <> 'V'`),
    ([row]) => Number(row?.count) >= 2 * PERSONS,
  );
  return [
    { kind: 'unknown', ssins: unknown },
    { kind: 'replaced', ssins: replaced },
    { kind: 'cancelled', ssins: cancelled },
    { kind: 'not inscribed', ssins: stranger },
    { kind: 'wrong context', ssins: otherwise },
  ];
};

const refused = async (mesh: WholeMesh, ssin: string): Promise<void> => {
  const { legalContext } = PURPOSES['welfare-office'];
  const reason = await mesh
    .as('welfare-office')
    .consult({ ssin, legalContext, dataServices: [IDENTIFICATION] })
    .then(
      () => 'an answer',
      (error: unknown) => (error instanceof RemoteError ? error.reason : String(error)),
    );
  if (reason !== 'PERSON_NOT_AVAILABLE') throw new Error(`the refusal was ${reason}`);
};

const shuffled = <Value>(values: readonly Value[]): Value[] =>
  values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);

/** Mann-Whitney, by the normal approximation; times do not tie. `slower`: the share of pairs in which the own one is greater. */
const rankSum = (
  own: readonly number[],
  others: readonly number[],
): { readonly z: number; readonly slower: number } => {
  const all = [...own.map((value) => ({ value, own: 1 })), ...others.map((value) => ({ value, own: 0 }))];
  all.sort((a, b) => a.value - b.value);
  const ranks = all.reduce((sum, one, index) => sum + one.own * (index + 1), 0);
  const u = ranks - (own.length * (own.length + 1)) / 2;
  const pairs = own.length * others.length;
  const deviation = Math.sqrt((pairs * (all.length + 1)) / 12);
  return { z: (u - pairs / 2) / deviation, slower: u / pairs };
};
