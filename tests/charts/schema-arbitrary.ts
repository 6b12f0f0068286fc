import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { SERVICES } from '@crossroads/topology';
import { CHART } from './rendered.js';

/** The parts of JSON Schema (draft 7) that the chart's schema uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly uniqueItems?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  /** Further conditions when a key is present. */
  readonly dependencies?: Readonly<Record<string, Pick<Schema, 'maxProperties'>>>;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const root = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Schema;

const resolved = (schema: Schema): Schema => {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    const target = root.definitions?.[name];
    if (!target) throw new Error(`the schema has no ${schema.$ref}`);
    return resolved(target);
  }
  // Required keys of later parts are left out, because generated values are merged into complete ones.
  return schema.allOf?.[0] ? resolved(schema.allOf[0]) : schema;
};

/** A path in the values, and its allowed values. */
export interface Leaf {
  readonly path: readonly string[];
  readonly schema: Schema;
}

const ofAService: Schema = { $ref: '#/definitions/service' };

/** Every path without fixed keys below it: a text, a number, a list, or a map with keys of the user. */
const leavesOf = (schema: Schema, path: readonly string[] = []): Leaf[] => {
  const { properties } = resolved(schema);
  if (path.join() === 'services') return SERVICES.flatMap((name) => leavesOf(ofAService, [...path, name]));
  if (!properties) return [{ path, schema: resolved(schema) }];
  return Object.entries(properties).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
};

export const LEAVES: readonly Leaf[] = leavesOf(root);

/** Texts with quotes, colons, line ends, braces and other characters that have a meaning in YAML or templates. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    '',
    'yes',
    '0x1F',
    '1e3',
    '{{ .Values }}',
    ': ',
    '"',
    "'",
    'a\nb',
    '# no',
    '- x',
    '~',
    'mesh.example.org',
    'a: b',
  ),
);

/** Values where the schema allows anything. */
const anything = fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,6}$/), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });

const numberOf = ({ type, minimum = -5, maximum = 100_000, multipleOf }: Schema): fc.Arbitrary<number> => {
  if (type === 'integer') return fc.integer({ min: minimum, max: maximum });
  if (multipleOf)
    return fc.integer({ min: minimum, max: maximum }).map((value) => Number((value * multipleOf).toFixed(3)));
  return fc.double({ min: minimum, max: maximum, noNaN: true });
};

const stringOf = ({ pattern, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> => {
  const free = pattern === undefined ? text : fc.stringMatching(new RegExp(pattern), { size: 'small' });
  return free.filter((value) => value.length >= minLength && value.length <= (maxLength ?? 100));
};

const objectOf = (schema: Schema): fc.Arbitrary<unknown> => {
  const {
    properties,
    patternProperties,
    additionalProperties,
    propertyNames,
    required = [],
    minProperties = 0,
    dependencies = {},
  } = schema;
  if (properties) {
    const model = Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, valuesFor(inner)]));
    const record = fc.record(model, { requiredKeys: [...required] });
    return record.filter((value) => {
      const keys = Object.keys(value);
      const most = Math.min(...keys.map((key) => dependencies[key]?.maxProperties ?? keys.length));
      return keys.length >= minProperties && keys.length <= most;
    });
  }
  const [byPattern] = Object.entries(patternProperties ?? {});
  if (byPattern) {
    const [pattern, inner] = byPattern;
    return fc.dictionary(stringOf({ pattern }), valuesFor(inner), { maxKeys: 2 });
  }
  if (typeof additionalProperties !== 'object') return anything;
  const key = propertyNames ? stringOf(resolved(propertyNames)) : text;
  return fc.dictionary(
    key.filter((name) => name !== '' && name !== '__proto__'),
    valuesFor(additionalProperties),
    { maxKeys: 2 },
  );
};

/** Values that fit the schema. */
export const valuesFor = (given: Schema): fc.Arbitrary<unknown> => {
  const schema = resolved(given);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesFor));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type: string) => valuesFor({ ...schema, type })));
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer' || schema.type === 'number') return numberOf(schema);
  if (schema.type === 'string') return stringOf(schema);
  return schema.type === 'array' ? listOf(schema) : objectOf(schema);
};

const listOf = ({ items, minItems = 0, uniqueItems }: Schema): fc.Arbitrary<unknown> => {
  const item = items ? valuesFor(items) : anything;
  const constraints = { minLength: minItems, maxLength: 3 };
  return uniqueItems ? fc.uniqueArray(item, { ...constraints, selector: String }) : fc.array(item, constraints);
};

/** A change of values: one value at each of some paths. */
export interface Change {
  readonly path: readonly string[];
  readonly value: unknown;
}

const somewhere = (value: (leaf: Leaf) => fc.Arbitrary<unknown>): fc.Arbitrary<Change> =>
  fc.constantFrom(...LEAVES).chain((leaf) => value(leaf).map((chosen) => ({ path: leaf.path, value: chosen })));

/** Changes that fit the schema. */
export const changes = fc.array(
  somewhere(({ schema }) => valuesFor(schema)),
  { minLength: 1, maxLength: 5 },
);

const junk = fc.oneof(
  fc.constant(null),
  text,
  fc.boolean(),
  fc.integer({ min: -10, max: 100_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(text, { maxLength: 2 }),
  anything,
);

/** A path of the schema, a path above one, or a path that does not exist. */
const wrongPath = fc
  .tuple(fc.constantFrom(...LEAVES), fc.integer({ min: 0, max: 2 }), fc.boolean())
  .map(([leaf, up, beside]) => {
    const path = leaf.path.slice(0, Math.max(1, leaf.path.length - up));
    return beside ? [...path.slice(0, -1), `${path.at(-1)}s`] : path;
  });

/** Changes of which at least one may be invalid. */
export const spoilt = fc
  .tuple(changes, fc.tuple(wrongPath, junk))
  .map(([others, [path, value]]): Change[] => [...others.slice(1), { path, value }]);

/** The content of a values file. */
export const asValues = (made: readonly Change[]): string => {
  const values: Tree = {};
  for (const { path, value } of made) place(values, path, value);
  return JSON.stringify(values);
};

interface Tree {
  [key: string]: unknown;
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

const place = (tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): void => {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner = tree[key];
  const below: Tree = isTree(inner) ? inner : {};
  tree[key] = below;
  place(below, rest, value);
};
