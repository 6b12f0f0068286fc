import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { renderToString } from 'preact-render-to-string';
import { z } from 'zod';
import { fixtureProps } from './fixture-props.js';
import { fixturesLeftOut } from './fixtures-left-out.js';
import { normalHtml } from './normal-html.js';

const require = createRequire(import.meta.url);

const fixtureFile = z.object({
  fixtures: z.array(z.object({ name: z.string(), options: z.unknown(), html: z.string() })),
});

const fixturesOf = (component: string) =>
  fixtureFile.parse(
    JSON.parse(
      readFileSync(require.resolve(`govuk-frontend/dist/govuk/components/${component}/fixtures.json`), 'utf8'),
    ),
  ).fixtures;

describe.each(Object.entries(fixtureProps))('the component %s', (component, propsOf) => {
  const leftOut = new Map(
    Object.entries(fixturesLeftOut[component] ?? {}).flatMap(([reason, names]) => names.map((name) => [name, reason])),
  );

  it.each(fixturesOf(component).filter(({ name }) => !leftOut.has(name)))(
    `${component} has the markup of govuk-frontend's fixture "$name"`,
    ({ options, html }) => {
      const node = propsOf(options);
      if (!node) throw new Error('our props cannot say this fixture: let them, or list it in fixtures-left-out.ts');
      expect(normalHtml(renderToString(node))).toBe(normalHtml(html));
    },
  );

  it(`${component} leaves out only fixtures of govuk-frontend that its props cannot say`, () => {
    const unsaid = fixturesOf(component).filter(({ options }) => propsOf(options) === undefined);
    expect([...leftOut.keys()].toSorted()).toEqual(unsaid.map(({ name }) => name).toSorted());
  });
});
