import { isArray, isObject, type JsonObject, type JsonValue } from '../decide/json.js';

/** Any name of an object whose names the schema does not list. */
const ANY = '*';

/**
 * The schema of data that holds some field groups only: a property is required only where it belongs to one of their paths, or leads to
 * one. All else holds as it stands; a `required` inside `anyOf`, `oneOf`, `not` or `if` is never relaxed.
 * @param schema of the profile: references do not end in themselves
 */
export const schemaOfPaths = (schema: JsonObject, paths: readonly string[]): JsonObject => {
  const definitions = isObject(schema['$defs']) ? schema['$defs'] : {};

  const relaxed = (part: JsonValue, path: readonly string[]): JsonValue => {
    if (!isObject(part)) return part;
    const { required, properties, items, prefixItems, additionalProperties, allOf, $ref, ...others } = part;
    const all = [...listOf(allOf)];
    const target = typeof $ref === 'string' ? definitions[nameOf($ref)] : undefined;
    if (target !== undefined) all.push(target);
    return {
      ...others,
      ...given('required', required, () =>
        listOf(required).filter((name) => typeof name === 'string' && counts([...path, name], paths)),
      ),
      ...given('properties', properties, (value) =>
        isObject(value)
          ? Object.fromEntries(Object.entries(value).map(([name, below]) => [name, relaxed(below, [...path, name])]))
          : value,
      ),
      // Paths contain no array indexes.
      ...given('items', items, (value) => relaxed(value, path)),
      ...given('prefixItems', prefixItems, (value) => listOf(value).map((below) => relaxed(below, path))),
      ...given('additionalProperties', additionalProperties, (value) => relaxed(value, [...path, ANY])),
      ...(all.length > 0 ? { allOf: all.map((below) => relaxed(below, path)) } : {}),
    };
  };

  const made = relaxed(schema, []);
  return isObject(made) ? made : {};
};

const given = (keyword: string, value: JsonValue | undefined, make: (value: JsonValue) => JsonValue): JsonObject =>
  value === undefined ? {} : { [keyword]: make(value) };

const counts = (path: readonly string[], paths: readonly string[]): boolean => {
  const missing = path.join('.');
  return paths.some((other) => isWithin(missing, other) || isWithin(other, missing));
};

/** Whether `path` is `other` or lies below it. */
const isWithin = (path: string, other: string): boolean => path === other || path.startsWith(`${other}.`);

const nameOf = (reference: string): string =>
  reference.slice('#/$defs/'.length).replaceAll('~1', '/').replaceAll('~0', '~');

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  value !== undefined && isArray(value) ? value : [];
