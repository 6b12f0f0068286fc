import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

export type Schema = Readonly<Record<string, unknown>>;

const INT_64 = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' };
const INT_32 = { type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 };

const SCALARS: Partial<Record<ScalarType, Schema>> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.DOUBLE]: { type: 'number' },
  [ScalarType.INT32]: INT_32,
  [ScalarType.UINT32]: { type: 'integer', minimum: 0 },
  [ScalarType.INT64]: INT_64,
  [ScalarType.UINT64]: INT_64,
};

/** Messages whose JSON is not an object of their fields. */
const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Struct': { type: 'object' },
};

/** Schemas of a message and of all that it holds, as canonical proto3 JSON writes them, by name. */
export const schemasOf = (root: DescMessage, refOf: (name: string) => string): Map<string, Schema> => {
  const schemas = new Map<string, Schema>();
  const add = (message: DescMessage) => {
    if (schemas.has(message.name) || WELL_KNOWN[message.typeName]) return;
    schemas.set(message.name, {});
    schemas.set(message.name, objectOf(message, refOf));
    for (const field of message.fields) if (field.message) add(field.message);
  };
  add(root);
  return schemas;
};

/** Later versions may add fields; a field that has its default is absent. */
const objectOf = (message: DescMessage, refOf: (name: string) => string): Schema => ({
  type: 'object',
  ...described(commentOf(message)),
  properties: Object.fromEntries(
    message.fields.map((field) => [field.jsonName, { ...schemaOf(field, refOf), ...described(commentOf(field)) }]),
  ),
});

const schemaOf = (field: DescField, refOf: (name: string) => string): Schema => {
  if (field.fieldKind === 'map') throw new TypeError(`no schema for the map ${field.name}`);
  const one = singular(field, refOf);
  return field.fieldKind === 'list' ? { type: 'array', items: one } : one;
};

const singular = (field: Exclude<DescField, { fieldKind: 'map' }>, refOf: (name: string) => string): Schema => {
  if (field.enum) return { type: 'string', enum: namesOf(field.enum) };
  if (field.message) return WELL_KNOWN[field.message.typeName] ?? { $ref: refOf(field.message.name) };
  const scalar = field.scalar === undefined ? undefined : SCALARS[field.scalar];
  if (!scalar) throw new TypeError(`no schema for the type of ${field.name}`);
  return scalar;
};

const namesOf = ({ values }: DescEnum): string[] => values.map(({ name }) => name);

const described = (description: string | undefined) => (description ? { description } : {});

const MESSAGE = 4;
const FIELD = 2;

/** What stands above it in the proto file. */
const commentOf = (desc: DescMessage | DescField): string | undefined => {
  const message = desc.kind === 'message' ? desc : desc.parent;
  const path = [MESSAGE, message.file.messages.indexOf(message)];
  if (desc.kind === 'field') path.push(FIELD, message.proto.field.indexOf(desc.proto));
  const found = message.file.proto.sourceCodeInfo?.location.find(
    (one) => one.path.length === path.length && one.path.every((part, index) => part === path[index]),
  );
  return found?.leadingComments.trim().replaceAll(/\n ?/g, ' ');
};
