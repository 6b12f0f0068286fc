import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filesOf, HELM } from './helm.js';
import { Installation } from './installed.js';
import { noKube, run } from './kube.js';
import { CHART, PROFILES, type Profile, skipped } from './rendered.js';
import { asValues, type Change, changes, spoilt } from './schema-arbitrary.js';
import { valid } from './valid-values.js';

/** CROSSROADS_KUBE=full: many values, and an API server that looks at what is made of them. */
const FULL = process.env.CROSSROADS_KUBE === 'full' && noKube() === undefined;
const RUNS = Number(process.env.CROSSROADS_KUBE_RUNS ?? (FULL ? 150 : 12));
/** A short run tries the same each time: what is new is looked for in long ones. */
const SEED = FULL ? {} : { seed: 20_260_101 };
const LONG = 3_600_000;
if (!HELM) skipped('no helm: no random values');
else if (!FULL)
  skipped(`random values are rendered ${RUNS} times, not given to an API server: CROSSROADS_KUBE is not full`);

/** How a refusal begins that somebody wrote for a reader: the schema's, or the chart's own. */
const OWN = /these values do not make a mesh:\n\n- /;
const SCHEMA = /values don't meet the specifications of the schema\(s\)[\s\S]*- at '/;

/** Warnings are about odd values (a network with host bits, a third of a byte); one is about the chart. */
const refusalIn = (objection: string): string =>
  objection
    .split('\n')
    .filter((line) => !line.startsWith('Warning:') || line.includes('violate PodSecurity'))
    // Of Strimzi's operators: it is there or not, whatever the chart does.
    .filter((line) => !/namespaces ".+" not found$/.test(line))
    .join('\n');

const render = (profile: Profile, values: readonly Change[]) =>
  run(
    HELM ?? 'helm',
    [
      'template',
      'mesh',
      CHART,
      '--namespace',
      'crossroads',
      '--kube-version',
      '1.33.0',
      ...filesOf(profile),
      '-f',
      '-',
    ],
    { input: asValues(values) },
  );

(HELM ? describe : describe.skip)('random values', () => {
  let mesh: Installation | undefined;
  beforeAll(async () => {
    mesh = FULL ? await Installation.prepare() : undefined;
  }, LONG);
  afterAll(() => mesh?.stop(), LONG);

  /** What is wrong with how the chart takes values: nothing, or what was said by somebody who should not have had to. */
  const fault = async (profile: Profile, values: readonly Change[], refusals: readonly RegExp[]): Promise<string> => {
    const { ok, stdout, stderr } = await render(profile, values);
    if (ok) return refusalIn(mesh ? await mesh.objection(stdout) : '');
    return refusals.some((refusal) => refusal.test(stderr)) ? '' : stderr;
  };

  it(
    'that go together are never refused',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...PROFILES), valid, async (profile, values) => {
          expect(await fault(profile, values, [])).toBe('');
        }),
        { numRuns: RUNS, ...SEED },
      );
    },
    LONG,
  );

  it(
    'that the schema takes make what the API server takes, or are refused in words of the chart',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...PROFILES), changes, async (profile, values) => {
          expect(await fault(profile, values, [OWN])).toBe('');
        }),
        { numRuns: RUNS, ...SEED },
      );
    },
    LONG,
  );

  it(
    'of any kind at any place never get further than the schema and the chart',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...PROFILES), spoilt, async (profile, values) => {
          expect(await fault(profile, values, [OWN, SCHEMA])).toBe('');
        }),
        { numRuns: RUNS, ...SEED },
      );
    },
    LONG,
  );
});
