import type { JsonObject } from '../decide/json.js';
import { compileSchema, DIALECT, metaSchemaError } from './compile-schema.js';
import { isViolation, profileOf, type ProfileViolation } from './profile.js';

/**
 * Where a schema of a data service breaks a rule. Other services compile it and validate answers with it, so it must not be able to exhaust
 * them.
 */
export const schemaViolation = (schema: JsonObject): ProfileViolation | undefined => {
  const reason = 'INVALID_SCHEMA';
  if (schema['type'] !== 'object')
    return {
      path: ['type'],
      reason: 'SCHEMA_NOT_OF_AN_OBJECT',
      description: 'data are a JSON object: "type": "object"',
    };
  const { $schema = DIALECT } = schema;
  if ($schema !== DIALECT) return { path: ['$schema'], reason, description: `only ${DIALECT}` };
  const profile = profileOf(schema);
  if (isViolation(profile)) return profile;
  const error = metaSchemaError(schema);
  if (error)
    return {
      path: error.instancePath.split('/').slice(1),
      reason,
      description: `no JSON Schema 2020-12: ${error.message ?? 'see the meta-schema'}`,
    };
  try {
    compileSchema(schema);
    return undefined;
  } catch (error_) {
    const why = error_ instanceof Error ? error_.message.slice(0, 300) : 'unknown';
    return { path: [], reason, description: `the schema does not compile: ${why}` };
  }
};
