import { describe, expect, it } from '@jest/globals';
import { TelemetrySettings } from './mesh.settings.js';
import {
  addressSetting,
  BadConfiguration,
  checkSettings,
  describeSettings,
  fileSetting,
  oneOfSetting,
  postgresUrlSetting,
  settingsOf,
  textSetting,
  wholeNumberSetting,
} from './settings.js';

class ServerSettings extends settingsOf({
  PORT: wholeNumberSetting('where it listens', { min: 1, max: 65_535 }),
  MODE: oneOfSetting('how strict it is', ['development', 'production']).default('development'),
}) {}
class PeerSettings extends settingsOf({
  DATABASE_URL: postgresUrlSetting('its database'),
  PEER: addressSetting('the other one'),
  NOTE: textSetting('a note').optional(),
}) {}

const good = { PORT: '8443', DATABASE_URL: 'postgres://u:secret@h:5432/d', PEER: 'h:1' };

describe('a class of settings', () => {
  it('reads what the environment holds and takes defaults for the rest', () => {
    const { PORT, MODE } = new ServerSettings(good);
    expect([PORT, MODE]).toEqual([8443, 'development']);
    const { DATABASE_URL, PEER, NOTE } = new PeerSettings(good);
    expect([DATABASE_URL, PEER, NOTE]).toEqual(['postgres://u:secret@h:5432/d', 'h:1', undefined]);
  });

  it('takes a variable of blanks for an absent one', () => {
    expect(new ServerSettings({ ...good, MODE: '  ' }).MODE).toBe('development');
  });

  it('names everything that is wrong at once, over all classes, and shows no value', () => {
    const wrong = { PORT: '70000', MODE: 'loose', DATABASE_URL: 'mysql://u:secret@h/d' };
    const check = () => checkSettings([ServerSettings, PeerSettings], wrong);
    expect(check).toThrow(BadConfiguration);
    expect(check).toThrow(
      'PORT must be a whole number from 1 to 65535. MODE must be one of development, production. ' +
        'DATABASE_URL must be a PostgreSQL URL, postgres://role:password@host:port/database. PEER is needed: the other one.',
    );
    expect(() => new ServerSettings(wrong)).toThrow('PORT must be');
  });

  it.each(['8443x', '', '-1', '1.5', '0', '65536'])('refuses %p as a port', (port) => {
    expect(() => new ServerSettings({ ...good, PORT: port })).toThrow(BadConfiguration);
  });

  it.each(['h', 'h:', ':1', 'h:123456', 'h h:1'])('refuses %p as an address', (address) => {
    expect(() => new PeerSettings({ ...good, PEER: address })).toThrow('PEER must be host:port.');
  });

  describe('in production', () => {
    const read = (url: string, mode = 'production') =>
      new PeerSettings({ ...good, CROSSROADS_MODE: mode, DATABASE_URL: url });

    it.each([
      'postgres://u:secret@h:5432/d',
      ...['disable', 'allow', 'prefer', 'require', 'verify-ca', 'no-verify', 'VERIFY-FULL', ''].map(
        (mode) => `postgres://u:secret@h:5432/d?sslmode=${mode}`,
      ),
      'postgres://u:secret@h:5432/d?sslmode=verify-full&sslmode=disable',
      'postgres://u:secret@h:5432/d?ssl=true',
    ])('refuses a database whose server is not verified: %s', (url) => {
      expect(() => read(url)).toThrow(
        "DATABASE_URL must say sslmode=verify-full in production, so that the server's certificate and name are checked.",
      );
      expect(read(url, 'development').DATABASE_URL).toBe(url);
    });

    it('takes one whose server is verified in full', () => {
      const url = 'postgres://u:secret@h:5432/d?sslmode=verify-full&sslrootcert=/etc/ca.crt';
      expect(read(url).DATABASE_URL).toBe(url);
    });
  });

  it('refuses a file that is not there', () => {
    class Files extends settingsOf({ KEY_FILE: fileSetting('keys') }) {}
    const read = () => new Files({ KEY_FILE: '/nowhere/at/all' });
    expect(read).toThrow('KEY_FILE must be the path of a file that this process can read.');
  });

  it('describes each of its variables for a README, with the defaults of one service', () => {
    expect(describeSettings([ServerSettings, PeerSettings], { MODE: 'production' })).toEqual([
      { name: 'PORT', description: 'where it listens', optional: false, secret: false },
      { name: 'MODE', description: 'how strict it is', optional: false, secret: false, default: 'production' },
      { name: 'DATABASE_URL', description: 'its database', optional: false, secret: true },
      { name: 'PEER', description: 'the other one', optional: false, secret: false },
      { name: 'NOTE', description: 'a note', optional: true, secret: false },
    ]);
  });
});

describe('the settings of telemetry', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'must be a URL, http://collector:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1', 'must be a number from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', 'often', 'must be a number from 0 to 1'],
    ['LOG_LEVEL', 'loud', 'must be one of debug, info, warn, error'],
  ])('refuse %s=%s', (name, value, sentence) => {
    expect(() => new TelemetrySettings({ [name]: value })).toThrow(`${name} ${sentence}.`);
  });

  it('send nothing anywhere unless an endpoint is given, which loses its slash at the end', () => {
    expect(new TelemetrySettings({}).OTEL_EXPORTER_OTLP_ENDPOINT).toBeUndefined();
    const { OTEL_EXPORTER_OTLP_ENDPOINT } = new TelemetrySettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' });
    expect(OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://c:4318');
  });
});
