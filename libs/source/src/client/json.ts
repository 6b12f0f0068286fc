import type { JsonObject } from '@crossroads/policy';

/** A `google.protobuf.Struct` as decoded: plain JSON by construction, though its type does not say so. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
