import type { JsonObject, JsonValue } from '../decide/json.js';
import { compileSchema } from './compile-schema.js';
import { isViolation, profileOf } from './profile.js';

export interface SchemaFigures {
  readonly what: string;
  /** The bound that the profile gives. */
  readonly steps: number;
  /** Of one validation, the median of several with different data. The schema has been compiled. */
  readonly cpuMs: number;
}

interface Hostile {
  readonly what: string;
  /** Grows until the profile refuses the schema. */
  readonly schema: (size: number) => JsonObject;
  readonly data: (size: number) => JsonValue;
}

const MIB = 1024 * 1024;
const ROUNDS = 7;

const list = (items: JsonObject, maxItems: number): JsonObject => ({
  type: 'object',
  properties: { a: { type: 'array', maxItems, items } },
});
const listed = <Value extends JsonValue>(
  count: number,
  bytes: number,
  value: (index: number) => Value,
): JsonObject => ({
  a: Array.from({ length: Math.min(count, Math.floor(MIB / bytes)) }, (_, index) => value(index)),
});
const randomText = (length: number): string => Array.from({ length }, () => (Math.random() < 0.5 ? 'a' : 'b')).join('');
const named = <Value>(count: number, value: (index: number) => Value): Record<string, Value> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [index.toString(36), value(index)]));

const HOSTILE: readonly Hostile[] = [
  {
    what: 'a pattern that keeps all states',
    schema: (maxLength) => list({ type: 'string', maxLength, pattern: '[ab]*a[ab]{60}$' }, 1),
    data: (size) => listed(1, 1, () => `${randomText(Math.min(size, MIB) - 61)}a${randomText(60)}`),
  },
  {
    what: 'many texts with such a pattern',
    schema: (maxItems) => list({ type: 'string', maxLength: 20, pattern: '(a|b|ab)*a(a|b|ba){8}(a|b)*$' }, maxItems),
    data: (size) => listed(size, 23, () => `a${randomText(19)}`),
  },
  {
    what: 'many dates',
    schema: (maxItems) => list({ type: 'string', maxLength: 10, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }, maxItems),
    data: (size) => listed(size, 13, (index) => `2026-01-${10 + (index % 20)}`),
  },
  {
    what: 'many texts of all letters',
    schema: (maxItems) => list({ type: 'string', maxLength: 20, pattern: '^\\p{L}{1,20}$' }, maxItems),
    data: (size) => listed(size, 23, () => randomText(19).replaceAll('b', 'é')),
  },
  {
    what: 'many properties of empty objects',
    schema: (maxItems) => list({ type: 'object', properties: named(100, () => ({ type: 'integer' })) }, maxItems),
    data: (size) => listed(size, 3, () => ({})),
  },
  {
    what: 'many alternatives',
    schema: (maxItems) =>
      list(
        {
          anyOf: [...Array.from({ length: 50 }, (_, n) => ({ type: 'integer', minimum: 9 + n })), { type: 'integer' }],
        },
        maxItems,
      ),
    data: (size) => listed(size, 2, () => 1),
  },
  {
    what: 'many names',
    schema: (alternatives) => ({
      type: 'object',
      properties: {
        a: {
          type: 'array',
          maxItems: 1_000,
          items: {
            anyOf: [
              ...Array.from({ length: alternatives }, (_, n) => ({
                type: 'object',
                additionalProperties: false,
                properties: { [`z${n}`]: {} },
              })),
              { type: 'object' },
            ],
          },
        },
      },
    }),
    data: () => listed(170, 1, () => named(1_000, () => 1)),
  },
  {
    what: 'a long enumeration',
    schema: (maxItems) => list({ enum: Array.from({ length: 1_000 }, (_, index) => `value ${index}`) }, maxItems),
    data: (size) => listed(size, 12, () => 'value 999'),
  },
  {
    what: 'different texts',
    schema: (maxItems) => ({
      type: 'object',
      properties: { a: { type: 'array', maxItems, uniqueItems: true, items: { type: 'string', maxLength: 20 } } },
    }),
    data: (size) => listed(size, 10, (index) => index.toString(36)),
  },
  {
    what: 'characters of two units',
    schema: () => list({ type: 'string', maxLength: MIB, minLength: MIB / 4 + 1 }, 1),
    data: () => listed(1, 1, () => `${'😀'.repeat(MIB / 4)}a`),
  },
];

/** Validates 1 MiB with the costliest schemas of their kind that the profile lets pass. */
export const benchSchemas = (): SchemaFigures[] =>
  HOSTILE.map(({ what, schema, data }) => {
    const size = largest((one) => !isViolation(profileOf(schema(one))));
    const profile = profileOf(schema(size));
    if (isViolation(profile)) throw new Error(`${what}: outside the profile at any size: ${profile.reason}`);
    const validate = compileSchema(schema(size));
    const milliseconds = Array.from({ length: ROUNDS }, () => {
      const some = data(size);
      const before = process.cpuUsage();
      const isValid = validate(some);
      const { user, system } = process.cpuUsage(before);
      // An invalid one ends early.
      if (!isValid) throw new Error(`${what}: ${JSON.stringify(validate.errors)}`);
      return (user + system) / 1_000;
    }).sort((a, b) => a - b);
    return { what, steps: profile.steps, cpuMs: milliseconds[Math.floor(ROUNDS / 2)] ?? 0 };
  });

/** By doubling, then by halving the step; at most a million. */
const largest = (fits: (size: number) => boolean): number => {
  let size = 1;
  for (let step = 2 ** 19; step >= 1; step /= 2) if (size + step <= MIB && fits(size + step)) size += step;
  return size;
};
