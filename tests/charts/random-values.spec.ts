import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filesOf, HELM } from './helm.js';
import { Installation } from './installed.js';
import { noKube, run } from './kube.js';
import { CHART, PROFILES, type Profile, skipped } from './rendered.js';
import { asValues, type Change, changes, spoilt } from './schema-arbitrary.js';
import { valid } from './valid-values.js';

/** CROSSROADS_KUBE=full: many values, whose objects are sent to an API server. */
const FULL = process.env.CROSSROADS_KUBE === 'full' && noKube() === undefined;
const RUNS = Number(process.env.CROSSROADS_KUBE_RUNS ?? (FULL ? 150 : 12));
/** A short run uses the same values each time; long runs use new ones. */
const SEED = FULL ? {} : { seed: 20_260_101 };
const LONG = 3_600_000;
if (!HELM) skipped('no helm: no random values');
else if (!FULL)
  skipped(`random values are rendered ${RUNS} times, not given to an API server: CROSSROADS_KUBE is not full`);

/** The beginning of a message of the schema or of the chart. */
const OWN = /these values do not make a mesh:\n\n- /;
const SCHEMA = /values don't meet the specifications of the schema\(s\)[\s\S]*- at '/;

/** Warnings about unusual values (a network with host bits, a fraction of a byte) are ignored; those about Pod Security are not. */
const refusalIn = (objection: string): string =>
  objection
    .split('\n')
    .filter((line) => !line.startsWith('Warning:') || line.includes('violate PodSecurity'))
    // A resource of Strimzi's operators, which the chart does not create.
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

  /** The error of Helm or of the API server for values that the chart should have refused; undefined when there is none. */
  const fault = async (profile: Profile, values: readonly Change[], refusals: readonly RegExp[]): Promise<string> => {
    const { ok, stdout, stderr } = await render(profile, values);
    if (ok) return refusalIn(mesh ? await mesh.objection(stdout) : '');
    return refusals.some((refusal) => refusal.test(stderr)) ? '' : stderr;
  };

  it(
    'the chart never refuses valid values',
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
    'values that fit the schema render objects that the API server accepts, or are refused by a message of the chart',
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
    'invalid values are refused by the schema or by a message of the chart',
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
