import { describe, expect, it } from '@jest/globals';
import { address, file, oneOf, optional, postgresUrl, readConfiguration, text, wholeNumber } from './setting.js';
import { BadConfiguration } from './settings.js';

const settings = {
  port: wholeNumber('PORT', 'where it listens', { min: 1, max: 65_535 }),
  mode: oneOf('MODE', 'how strict it is', ['development', 'production'], { default: 'development' }),
  database: postgresUrl('DATABASE_URL', 'its database'),
  peer: address('PEER', 'the other one'),
  note: optional(text('NOTE', 'a note')),
};
const good = { PORT: '8443', DATABASE_URL: 'postgres://u:secret@h:5432/d', PEER: 'h:1' };

describe('configuration', () => {
  it('reads what is there and takes defaults for the rest', () => {
    expect(readConfiguration(settings, good)).toEqual({
      port: 8443,
      mode: 'development',
      database: 'postgres://u:secret@h:5432/d',
      peer: 'h:1',
      note: undefined,
    });
  });

  it('names everything that is wrong at once, and shows no value', () => {
    const wrong = { PORT: '70000', MODE: 'loose', DATABASE_URL: 'mysql://u:secret@h/d' };
    const read = () => readConfiguration(settings, wrong);
    expect(read).toThrow(BadConfiguration);
    expect(read).toThrow(
      'PORT must be a whole number from 1 to 65535. MODE must be one of development, production. ' +
        'DATABASE_URL must be a PostgreSQL URL, postgres://role:password@host:port/database. PEER is needed: the other one.',
    );
  });

  it.each(['8443x', '', '-1', '1.5'])('refuses %p as a port', (port) => {
    expect(() => readConfiguration(settings, { ...good, PORT: port })).toThrow(BadConfiguration);
  });

  it('refuses a file that is not there', () => {
    const read = () => readConfiguration({ key: file('KEY_FILE', 'keys') }, { KEY_FILE: '/nowhere/at/all' });
    expect(read).toThrow('KEY_FILE must be the path of a file that this process can read.');
  });
});
