import { isArray, isObject, type JsonObject, type JsonValue } from '../decide/json.js';
import { ALLOWED, FORBIDDEN, TYPE_OF_KEYWORD, typesOf } from './keywords.js';
import { type PatternCost, readPattern } from './pattern.js';

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
/** Subschemas; one that is referred to counts each time. Compiling costs 0.2 ms each. */
const MAX_PARTS = 2_000;
/** Of 10 ns each. */
const MAX_STEPS = 3_000_000;
/** Of the answer of a source. */
const DATA_BYTES = 1024 * 1024;
/** Values of two bytes. */
const MAX_VALUES = DATA_BYTES / 2;
/** Names of objects in an answer: six bytes each, with a value. */
const ALL_NAMES = DATA_BYTES / 6;
/** Names of one object. More would make a slow dictionary of it. */
export const MAX_NAMES = 1_000;
const STEPS_PER_NAME = 6;
const STEPS_PER_VALUE = 2;
const STEPS_PER_CHARACTER = 0.4;
/** Each is looked up among the ones before it. */
const STEPS_PER_UNIQUE = 40;
/** Their texts have few characters, and no repetition in a repetition. */
export const FORMATS = ['date', 'time', 'date-time', 'duration', 'uuid'] as const;
const STEPS_PER_FORMAT = 100;
/** Of these every text has the same length, or nearly so. */
const BOUNDED_FORMATS: readonly string[] = ['date', 'uuid'];
const DEFINITION = /^#\/\$defs\/([^/]+)$/;

/** Where a schema leaves the profile, which rule it breaks, and what to do. */
export interface ProfileViolation {
  readonly path: readonly string[];
  readonly reason: string;
  readonly description: string;
}

/** A schema of the profile. */
export interface Profile {
  /** Subschemas, references included. */
  readonly parts: number;
  /** The most that validating any answer takes. */
  readonly steps: number;
  /** The most that one subschema takes for a value, and for a character of it. */
  readonly stepsPerValue: number;
  readonly stepsPerCharacter: number;
}

/**
 * The profile of the schemas of data services: a subset of JSON Schema 2020-12 whose validation of any answer of 1 MiB has a bound that is
 * known at registration. Texts and arrays are bounded, so that each keyword is evaluated a known number of times; patterns take linear
 * time; nothing compares every two elements of an array.
 */
export const profileOf = (schema: JsonObject): Profile | ProfileViolation => {
  try {
    return new ProfileCheck(schema).profile();
  } catch (error) {
    if (error instanceof OutsideProfile) return error.violation;
    throw error;
  }
};

export const isViolation = (profile: Profile | ProfileViolation): profile is ProfileViolation => 'reason' in profile;

class OutsideProfile extends Error {
  constructor(readonly violation: ProfileViolation) {
    super(violation.reason);
  }
}

const refuse = (path: readonly string[], reason: string, description: string): never => {
  throw new OutsideProfile({ path, reason, description });
};

/** Where a subschema applies. */
interface Place {
  readonly path: readonly string[];
  readonly depth: number;
  /** The most values that it is applied to. */
  readonly values: number;
}

class ProfileCheck {
  private parts = 0;
  private steps = 0;
  private stepsOfNames = 0;
  private stepsPerValue = 0;
  private stepsPerCharacter = STEPS_PER_CHARACTER;
  private costliest: { readonly path: readonly string[]; readonly steps: number } = { path: [], steps: 0 };
  private readonly patterns = new Map<string, PatternCost>();
  private readonly definitions: JsonObject;
  private readonly seen = new Set<string>();
  private readonly open = new Set<string>();

  constructor(private readonly schema: JsonObject) {
    const { $defs } = schema;
    this.definitions = isObject($defs) ? $defs : {};
  }

  profile(): Profile {
    if (JSON.stringify(this.schema).length > MAX_BYTES) refuse([], 'SCHEMA_TOO_LARGE', `at most ${MAX_BYTES} bytes`);
    const passes = this.visit(this.schema, { path: [], depth: 0, values: 1 });
    for (const [name, definition] of Object.entries(this.definitions))
      if (!this.seen.has(name)) this.visit(definition, { path: ['$defs', name], depth: 1, values: 0 });
    const steps = Math.ceil(this.steps + Math.min(this.stepsOfNames, passes * ALL_NAMES * STEPS_PER_NAME));
    if (steps > MAX_STEPS)
      refuse(
        this.costliest.path,
        'SCHEMA_TOO_COSTLY',
        `validating an answer can take ${steps} steps, at most ${MAX_STEPS}; most of them here: lower maxItems or maxLength, or begin the pattern with ^ and leave no choice in it`,
      );
    return { parts: this.parts, steps, stepsPerValue: this.stepsPerValue, stepsPerCharacter: this.stepsPerCharacter };
  }

  /** Returns how often the names of one object are gone through at most. */
  private visit(schema: JsonValue | undefined, place: Place): number {
    if (!isObject(schema)) return 0;
    const { path, depth, values } = place;
    this.parts += 1;
    if (this.parts > MAX_PARTS) refuse([], 'SCHEMA_TOO_LARGE', `at most ${MAX_PARTS} subschemas, references included`);
    if (depth > MAX_DEPTH) refuse(path, 'SCHEMA_TOO_DEEP', `at most ${MAX_DEPTH} levels`);
    requireKeywords(schema, path);
    requireBounds(schema, path);
    const own = ownSteps(schema);
    this.stepsPerValue = Math.max(this.stepsPerValue, own);
    this.spend(path, values * own + this.textSteps(schema, place));
    // A value and its parts are different objects; subschemas of the same value go through the same.
    return Math.max(this.passesOverNames(schema, values), this.belowOf(schema, place)) + this.besideOf(schema, place);
  }

  private spend(path: readonly string[], steps: number): void {
    this.steps += steps;
    if (steps > this.costliest.steps) this.costliest = { path, steps };
  }

  private textSteps(schema: JsonObject, { path, values }: Place): number {
    const { pattern, format } = schema;
    const [longest, shortest] = [numberOf(schema, 'maxLength'), numberOf(schema, 'minLength')];
    const characters = (each: number) => Math.min(values * each, DATA_BYTES);
    let steps = characters(longest + shortest) * STEPS_PER_CHARACTER;
    if (typeof format === 'string') steps += values * STEPS_PER_FORMAT + characters(longest);
    if (typeof pattern === 'string') {
      const cost = this.costOf(pattern, [...path, 'pattern']);
      this.stepsPerCharacter = Math.max(this.stepsPerCharacter, cost.perCharacter);
      this.stepsPerValue = Math.max(this.stepsPerValue, cost.perText);
      steps += values * cost.perText + characters(longest) * cost.perCharacter;
    }
    return steps;
  }

  private costOf(pattern: string, path: readonly string[]): PatternCost {
    const known = this.patterns.get(pattern);
    if (known) return known;
    const read = readPattern(pattern);
    if ('reason' in read) return refuse(path, read.reason, read.description);
    this.patterns.set(pattern, read);
    return read;
  }

  private passesOverNames(schema: JsonObject, values: number): number {
    const { additionalProperties } = schema;
    const keywords = [
      additionalProperties === false || isObject(additionalProperties),
      'maxProperties' in schema,
      'minProperties' in schema,
    ];
    const passes = keywords.filter(Boolean).length;
    this.stepsOfNames += passes * Math.min(values * MAX_NAMES, ALL_NAMES) * STEPS_PER_NAME;
    return passes;
  }

  /** Subschemas of parts of the value: each part has one of them, but what `contains` counts. */
  private belowOf(schema: JsonObject, { path, depth, values }: Place): number {
    const below = (part: JsonValue | undefined, steps: readonly string[], each = 1): number =>
      this.visit(part, {
        path: [...path, ...steps],
        depth: depth + 1,
        values: Math.min(values * each, MAX_VALUES),
      });
    const { properties, prefixItems, items, contains, additionalProperties } = schema;
    const [ofArray, ofMap] = [numberOf(schema, 'maxItems'), numberOf(schema, 'maxProperties')];
    const alternatives = [
      ...entriesOf(properties).map(([name, part]) => below(part, ['properties', name])),
      ...listOf(prefixItems).map((part, index) => below(part, ['prefixItems', String(index)])),
      below(items, ['items'], ofArray),
      below(additionalProperties, ['additionalProperties'], ofMap),
    ];
    return alternatives.reduce((most, one) => Math.max(most, one), 0) + below(contains, ['contains'], ofArray);
  }

  /** Subschemas of the same value. */
  private besideOf(schema: JsonObject, { path, depth, values }: Place): number {
    let passes = 0;
    const beside = (part: JsonValue | undefined, steps: readonly string[]): void => {
      passes += this.visit(part, { path: [...path, ...steps], depth: depth + 1, values });
    };
    for (const keyword of ['allOf', 'anyOf', 'oneOf'])
      for (const [index, part] of listOf(schema[keyword]).entries()) beside(part, [keyword, String(index)]);
    for (const keyword of ['not', 'if', 'then', 'else']) beside(schema[keyword], [keyword]);
    const { $ref } = schema;
    if (typeof $ref === 'string') passes += this.refer($ref, { path: [...path, '$ref'], depth: depth + 1, values });
    return passes;
  }

  private refer(reference: string, place: Place): number {
    const name = DEFINITION.exec(reference)?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
    const isOwn = name !== undefined && Object.hasOwn(this.definitions, name);
    if (reference === '#' || (isOwn && this.open.has(name)))
      return refuse(place.path, 'SCHEMA_RECURSIVE', 'a schema may not refer to itself; write the levels out');
    if (!isOwn) return refuse(place.path, 'SCHEMA_REFERENCE', 'a reference points into this schema: #/$defs/…');
    this.seen.add(name);
    this.open.add(name);
    const passes = this.visit(this.definitions[name], place);
    this.open.delete(name);
    return passes;
  }
}

const requireKeywords = (schema: JsonObject, path: readonly string[]): void => {
  const types = typesOf(schema);
  for (const keyword of Object.keys(schema)) {
    const forbidden = FORBIDDEN[keyword];
    if (forbidden) refuse([...path, keyword], ...forbidden);
    if (!ALLOWED.has(keyword))
      refuse([...path, keyword], 'KEYWORD_NOT_ALLOWED', 'no keyword of the profile of JSON Schema 2020-12');
    const needed = TYPE_OF_KEYWORD.get(keyword);
    if (needed !== undefined && !types.includes(needed))
      refuse([...path, keyword], 'TYPE_MISSING', `"type": "${needed}" stands beside it`);
  }
  if ('$defs' in schema && path.length > 0)
    refuse([...path, '$defs'], 'SCHEMA_REFERENCE', 'definitions stand at the top: #/$defs/…');
};

const requireBounds = (schema: JsonObject, path: readonly string[]): void => {
  const types = typesOf(schema);
  const { format, items, additionalProperties } = schema;
  if (typeof format === 'string' && !FORMATS.some((one) => one === format))
    refuse([...path, 'format'], 'FORMAT_NOT_ALLOWED', `one of ${FORMATS.join(', ')}; write others as a pattern`);
  const isListed = 'enum' in schema || 'const' in schema;
  const isBounded = isListed || (typeof format === 'string' && BOUNDED_FORMATS.includes(format));
  if (types.includes('string') && (!isBounded || 'pattern' in schema) && !('maxLength' in schema))
    refuse(path, 'MAX_LENGTH_MISSING', 'a text has maxLength, enum, const, or the format date or uuid');
  if (types.includes('array') && !('maxItems' in schema)) refuse(path, 'MAX_ITEMS_MISSING', 'an array has maxItems');
  if (isObject(additionalProperties) && !('maxProperties' in schema))
    refuse(path, 'MAX_PROPERTIES_MISSING', 'an object of any names has maxProperties');
  if (schema['uniqueItems'] === true && !isOfScalars(items))
    refuse(
      [...path, 'uniqueItems'],
      'UNIQUE_ITEMS_NOT_SCALAR',
      'only where items has a type, and not object or array: others would be compared each with each',
    );
};

const isOfScalars = (items: JsonValue | undefined): boolean => {
  const types = isObject(items) ? typesOf(items) : [];
  return types.length > 0 && !types.includes('object') && !types.includes('array');
};

/** Of one value, without its characters, its parts and the names that the schema does not know. */
const ownSteps = (schema: JsonObject): number =>
  STEPS_PER_VALUE +
  Object.keys(schema).length +
  2 * entriesOf(schema['properties']).length +
  listOf(schema['required']).length +
  valuesIn(schema['enum']) +
  valuesIn(schema['const']) +
  valuesIn(schema['dependentRequired']) +
  (schema['uniqueItems'] === true ? STEPS_PER_UNIQUE * numberOf(schema, 'maxItems') : 0);

const valuesIn = (value: JsonValue | undefined): number => {
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((count, part) => count + valuesIn(part), 1);
};

const numberOf = (schema: JsonObject, keyword: string): number => {
  const value = schema[keyword];
  return typeof value === 'number' ? value : 0;
};

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  value !== undefined && isArray(value) ? value : [];

const entriesOf = (value: JsonValue | undefined): [string, JsonValue][] =>
  isObject(value) ? Object.entries(value) : [];
