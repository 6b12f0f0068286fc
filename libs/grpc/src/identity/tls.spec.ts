import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { RenewedFiles } from '@crossroads/configuration';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestAuthority } from '../testing/certificates.js';
import { EchoServer } from '../testing/echo-server.js';
import { request, response } from '../testing/echo-service.js';
import { until, untilAnswered } from '../testing/until.js';
import type { TlsFiles } from './tls.js';

const replace = (files: TlsFiles, by: TlsFiles): void => {
  copyFileSync(by.cert, files.cert);
  copyFileSync(by.key, files.key);
};

describe('renewed TLS files', () => {
  let authority: TestAuthority;
  let tls: TlsFiles;
  beforeEach(async () => {
    authority = await TestAuthority.create();
    tls = await authority.service('exchange');
  });

  it('are used once certificate and key fit, and the files before them until then', async () => {
    const bad: unknown[] = [];
    const files = new RenewedFiles(tls, (error) => bad.push(error));
    const before = files.current();
    expect(files.current()).toBe(before);
    const renewed = await authority.service('exchange');
    copyFileSync(renewed.cert, tls.cert);
    expect(files.current()).toBe(before);
    expect(files.current()).toBe(before);
    expect(bad).toHaveLength(1);
    copyFileSync(renewed.key, tls.key);
    expect(files.current().cert).toEqual(readFileSync(renewed.cert));
    const good = files.current();
    writeFileSync(tls.cert, 'not a certificate');
    expect(files.current()).toBe(good);
    expect(bad).toHaveLength(2);
    expect(String(bad[1])).not.toContain('PRIVATE');
  });

  it('must be valid at the start', () => {
    writeFileSync(tls.key, 'not a key');
    expect(() => new RenewedFiles(tls)).toThrow('are no CA, certificate and its key in PEM');
    expect(() => new RenewedFiles({ ...tls, ca: '/nowhere' })).toThrow('the CA file /nowhere cannot be read');
  });
});

describe('a renewal of certificates', () => {
  /** Short enough that connections are made anew all the time. */
  const maxConnectionAgeMs = 100;
  let echo: EchoServer;
  beforeEach(async () => {
    echo = await EchoServer.start({ maxConnectionAgeMs });
  });
  afterEach(() => echo.stop());

  it('is seen in new connections to a server, and leaves open connections alone', async () => {
    const lasting = await EchoServer.start();
    const old = await lasting.asExchange();
    expect(await old.echo(request('x'))).toEqual(response('x'));
    replace(lasting.folderTls, await lasting.authority.service('person-registry'));
    const server = { kind: 'service', name: 'person-registry' } as const;
    const named = lasting.connect(await lasting.authority.service('exchange'), { server });
    await untilAnswered(() => named.echo(request('x')));
    expect(await old.echo(request('x'))).toEqual(response('x'));
    await lasting.stop();
  });

  it('is seen in new connections of a client that stays the same', async () => {
    const tls = await echo.authority.service('person-registry');
    const client = echo.connect(tls);
    await expect(client.echo(request('x'))).rejects.toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    replace(tls, await echo.authority.service('exchange'));
    await untilAnswered(() => client.echo(request('x')));
  });

  it('from one authority to another, through a file with both, fails no call', async () => {
    const other = await TestAuthority.create('Another CA');
    const tls = await echo.authority.service('exchange');
    const client = echo.connect(tls, { reads: [] });
    const calling = new AbortController();
    let answered = 0;
    const calls = (async () => {
      for (; !calling.signal.aborted; answered++) expect(await client.echo(request('x'))).toEqual(response('x'));
    })();
    /** Until a stranger who knows that authority alone trusts the server, so that it has seen all that was changed before. */
    const seenBy = async (authority: TestAuthority) => {
      const stranger = await authority.service('exchange');
      await untilAnswered(async () => {
        const connection = echo.connect(stranger);
        await connection.echo(request('y')).finally(() => connection.close());
      });
      const enough = answered + 200;
      await Promise.race([calls, until(() => answered >= enough, 'there are 200 more answers')]);
    };

    await seenBy(echo.authority);
    const old = readFileSync(echo.authority.caFile, 'utf8');
    const newer = readFileSync(other.caFile, 'utf8');
    writeFileSync(echo.authority.caFile, `${old}\n${newer}`);
    writeFileSync(other.caFile, `${newer}\n${old}`);
    await seenBy(other);
    replace(tls, await other.service('exchange'));
    replace(echo.folderTls, await other.service('subscription'));
    writeFileSync(other.caFile, newer);
    await seenBy(other);
    writeFileSync(echo.authority.caFile, newer);
    await seenBy(other);
    calling.abort();
    await calls;
  });
});
