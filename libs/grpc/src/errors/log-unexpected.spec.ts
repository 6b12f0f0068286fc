import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { logUnexpected } from './log-unexpected.js';
import { RemoteError } from './remote-error.js';

const logged = (error: unknown): unknown[] => {
  const lines: unknown[] = [];
  const line = (level: string) => (message: string, fields?: object) => void lines.push({ level, message, ...fields });
  logUnexpected(error, '/spec', { warn: line('warn'), error: line('error') });
  return lines;
};

const ofPostgres = (code: string): Error => Object.assign(new Error('of the server'), { code });

describe('the log line of a call that failed', () => {
  it.each(['57P01', '53100', '53200', '53300', '57014'])('names SQLSTATE %s in a warning, without a stack', (code) => {
    const line = expect.objectContaining({ level: 'warn', rpc: '/spec', code });
    expect(logged(ofPostgres(code))).toEqual([line]);
    expect(logged(new Error('in a job', { cause: ofPostgres(code) }))).toEqual([line]);
    expect(logged(ofPostgres(code))).not.toEqual([expect.objectContaining({ at: expect.anything() })]);
  });

  it('is a warning when another service did not answer', () => {
    const error = new RemoteError(status.UNAVAILABLE, 'away', '', '', {}, [], undefined);
    expect(logged(error)).toEqual([expect.objectContaining({ level: 'warn', error: 'RemoteError' })]);
  });

  it.each(['23505', '42P01'])('is an error with a stack when SQLSTATE %s says that the service is wrong', (code) => {
    expect(logged(ofPostgres(code))).toEqual([
      expect.objectContaining({ level: 'error', code, at: expect.arrayContaining([expect.anything()]) }),
    ]);
  });
});
