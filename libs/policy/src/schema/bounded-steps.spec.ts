import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../decide/json.js';
import { compileSchema } from './compile-schema.js';
import { linearTime, type Matcher } from './pattern.js';
import { isViolation, profileOf } from './profile.js';

/** Counts what a validator reads of data, and the characters that its patterns go through. */
class Counter {
  reads = 0;

  readonly regExp: typeof linearTime = Object.assign(
    (pattern: string): Matcher => {
      const matcher = linearTime(pattern);
      return {
        test: (text) => {
          this.reads += text.length;
          return matcher.test(text);
        },
        toString: () => matcher.toString(),
      };
    },
    { code: 'linearTime' },
  );

  counted(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const read = () => {
      this.reads += 1;
    };
    return new Proxy(value, {
      get: (target, name, receiver) => {
        read();
        return this.counted(Reflect.get(target, name, receiver));
      },
      ownKeys: (target) => {
        const keys = Reflect.ownKeys(target);
        this.reads += keys.length;
        return keys;
      },
    });
  }
}

const name = fc.constantFrom('a', 'b', 'c');
const bound = fc.integer({ min: 0, max: 6 });
const text = fc.oneof(
  fc.record({ type: fc.constant('string'), maxLength: bound }),
  fc.record({
    type: fc.constant('string'),
    maxLength: bound,
    pattern: fc.constantFrom('^a{0,99}a{0,99}b$', '(a|a)*c', '^[ab]+$', '^.?.?$', 'b'),
  }),
  fc.record({ type: fc.constant('string'), format: fc.constant('date') }),
);
const scalar = fc.oneof(
  text,
  fc.constant({ type: 'integer', minimum: 1 }),
  fc.constant({ enum: ['a', 1, { a: [1] }] }),
  fc.constant({ type: ['boolean', 'null'] }),
);

const { schema } = fc.letrec<{ schema: JsonObject; array: JsonObject; object: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('array'),
    tie('object'),
    fc
      .tuple(fc.constantFrom('allOf', 'anyOf', 'oneOf'), fc.array(tie('schema'), { minLength: 1, maxLength: 3 }))
      .map(([keyword, parts]) => ({ [keyword]: parts })),
    fc
      .tuple(tie('schema'), tie('schema'), tie('schema'))
      .map((parts) =>
        Object.fromEntries(['if', 'then', 'else'].map((keyword, index) => [keyword, parts[index] ?? true])),
      ),
    tie('schema').map((not) => ({ not })),
  ),
  array: fc.oneof(
    fc.record({ type: fc.constant('array'), maxItems: bound, items: tie('schema') }),
    fc.record({ type: fc.constant('array'), maxItems: bound, contains: tie('schema') }),
    fc.record({ type: fc.constant('array'), maxItems: bound, items: text, uniqueItems: fc.constant(true) }),
  ),
  object: fc.oneof(
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
      required: fc.uniqueArray(name),
      additionalProperties: fc.constantFrom(true, false),
    }),
    fc.record({
      type: fc.constant('object'),
      maxProperties: bound,
      additionalProperties: tie('schema'),
    }),
  ),
}));

const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('', 'a', 'aab', 'bbbbbbb', '2026-01-01', 'a'.repeat(500)),
    fc.constantFrom<JsonValue>(0, 1, true, null),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), tie('value')),
  ),
}));

describe('a schema of the profile', () => {
  it('reads no more of any data than its steps, which are known without the data', () => {
    let [inside, most] = [0, 0];
    fc.assert(
      fc.property(schema, fc.array(value, { minLength: 1, maxLength: 5 }), (one, data) => {
        const profile = profileOf(one);
        if (isViolation(profile)) return;
        inside += 1;
        const counter = new Counter();
        const validate = compileSchema(one, counter.regExp);
        for (const some of data) {
          counter.reads = 0;
          validate(counter.counted(some));
          most = Math.max(most, counter.reads / profile.steps);
          expect(counter.reads).toBeLessThanOrEqual(profile.steps);
        }
      }),
      { numRuns: 150 },
    );
    // It has seen schemas, and some that come near.
    expect(inside).toBeGreaterThan(120);
    expect(most).toBeGreaterThan(0.1);
  });

  it('decides as an ordinary validator does', () => {
    fc.assert(
      fc.property(schema, value, (one, data) => {
        if (isViolation(profileOf(one))) return;
        const ajv = new Ajv2020({ strict: false, logger: false });
        addFormats.default(ajv);
        expect(compileSchema(one)(data)).toBe(ajv.validate(one, data));
      }),
      { numRuns: 100 },
    );
  });
});
