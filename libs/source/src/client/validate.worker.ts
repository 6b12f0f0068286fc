import { type SchemaViolation, Validators } from './validators.js';

/** What is asked of a thread of the pool. */
export interface Validation {
  /** As text, by which the thread finds what it has compiled. */
  readonly schema: string;
  readonly data: unknown;
}

const validators = new Validators();

export default ({ schema, data }: Validation): SchemaViolation | undefined => validators.violation(schema, data);
