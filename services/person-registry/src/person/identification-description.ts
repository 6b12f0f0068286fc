import { personRegistry } from '@crossroads/topology';
import type { JsonSchema } from './field.js';
import { FACTS, FIELD_GROUPS, type FieldGroup } from './facts.js';
import { IDENTIFICATION, type Identification, shownOf } from './identification.js';
import { MAX_FACTS } from './person.decider.js';

/** What is registered of the data service in authorization; `data-service.json` is written from it. */
export const describeIdentification = () => ({
  dataService: IDENTIFICATION,
  title: 'Identification data of a natural person',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: IDENTIFICATION,
    ...objectOf(Object.fromEntries(FIELD_GROUPS.flatMap((group) => Object.entries(propertiesOf(group))))),
  },
  fieldGroups: FIELD_GROUPS.flatMap(fieldGroupsOf),
  supplier: `service:${personRegistry.name}`,
});

const DAY: JsonSchema = { type: 'string', maxLength: 10, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' };

const objectOf = (properties: Identification, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  ...(required.length > 0 ? { required } : {}),
  properties,
});

const propertiesOf = (group: FieldGroup): Identification => {
  const { path, several, since } = shownOf(group);
  const { schema } = FACTS[group].record;
  const own = schema['properties'] as Identification;
  const [first, ...rest] = path;
  if (first === undefined) return own;
  const item = since ? { ...schema, properties: { ...own, since: DAY } } : schema;
  const innermost: JsonSchema = several ? { type: 'array', maxItems: MAX_FACTS, items: item } : item;
  return { [first]: rest.reduceRight<JsonSchema>((inner, name) => objectOf({ [name]: inner }, [name]), innermost) };
};

const fieldGroupsOf = (group: FieldGroup) => {
  const { path, parts, since } = shownOf(group);
  const paths = path.length > 0 ? path.slice(0, 1) : Object.keys(propertiesOf(group));
  return [
    { name: group, paths },
    ...Object.entries(parts).map(([name, fields]) => ({
      name,
      paths: [...fields, ...(since ? ['since'] : [])].map((field) => [...path, field].join('.')),
    })),
  ];
};
