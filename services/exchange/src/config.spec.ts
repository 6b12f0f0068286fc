import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';

describe('the configuration', () => {
  it('names everything that is missing, and holds no value', () => {
    const read = () => readConfig({ DATABASE_URL: 'mysql://u:secret@h/d', GRPC_PORT: 'many' });
    for (const name of [
      'DATABASE_URL',
      'KEYS_DATABASE_URL',
      'KEY_FILE',
      'RECEIPT_KEY_FILE',
      'AUTHORIZATION_ADDRESS',
      'GRPC_PORT',
    ])
      expect(read).toThrow(name);
    expect(read).not.toThrow('secret');
  });
});
