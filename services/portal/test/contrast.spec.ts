import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';

const source = readFileSync(createRequire(import.meta.url).resolve('@crossroads/portal/portal.scss'), 'utf8');
const colours = new Map(
  [...source.matchAll(/"([a-z-]+)": (#[0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex]),
);

const colourOf = (name: string): string => {
  if (name === 'white') return '#ffffff';
  const hex = colours.get(name);
  if (hex === undefined) throw new Error(`portal.scss has no colour ${name}`);
  return hex;
};

/** WCAG 2.2, relative luminance. */
const luminanceOf = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const contrastOf = (one: string, other: string): number => {
  const [light = 0, dark = 0] = [luminanceOf(colourOf(one)), luminanceOf(colourOf(other))].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};

const BACKGROUNDS = ['white', 'template-background', 'surface-background'];
const TEXTS = [
  'text',
  'surface-text',
  'secondary-text',
  'link',
  'link-visited',
  'link-hover',
  'link-active',
  'error',
  'success',
];

describe('the colours of the portal', () => {
  it.each(BACKGROUNDS.flatMap((background) => TEXTS.map((text) => [text, background] as const)))(
    'the text colour %s is read on %s',
    (text, background) => {
      expect(contrastOf(text, background)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('white is read on brand, success and error, and focused text on its highlight', () => {
    for (const background of ['brand', 'success', 'error'])
      expect(contrastOf('white', background)).toBeGreaterThanOrEqual(4.5);
    expect(contrastOf('focus-text', 'focus')).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['input-border', 'surface-border', 'brand'])('the edge of controls %s is seen on white', (edge) => {
    expect(contrastOf(edge, 'white')).toBeGreaterThanOrEqual(3);
  });

  it('every colour of the stylesheet is compared, but for lines that only separate', () => {
    const compared = [...BACKGROUNDS, ...TEXTS, 'brand', 'focus', 'focus-text', 'input-border', 'surface-border'];
    expect([...colours.keys()].filter((name) => !compared.includes(name))).toEqual(['border', 'hover']);
  });
});
