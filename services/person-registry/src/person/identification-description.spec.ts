import { readFileSync } from 'node:fs';
import { schemaViolation } from '@crossroads/policy/schema';
import { describe, expect, it } from '@jest/globals';
import { describeIdentification } from './identification-description.js';

describe('data-service.json', () => {
  it('is what `npm run data-service` writes from the table of facts', () => {
    const file = new URL('../../../data-service.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(describeIdentification());
  });

  it('has a schema that authorization registers', () => {
    expect(schemaViolation(describeIdentification().jsonSchema)).toBeUndefined();
  });
});
