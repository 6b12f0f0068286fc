import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { TLSSocket, connect as tlsConnect } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TestAuthority } from '../testing/certificates.js';
import { EchoServer, ENTERPRISE, failureOf } from '../testing/echo-server.js';
import { request, response } from '../testing/echo-service.js';

const INSTITUTION = `spiffe://crossroads.test/institution/${ENTERPRISE}/application/desk`;
const subjectOf =
  (application: string, enterpriseNumber = ENTERPRISE) =>
  (spki: string) =>
    `CN=${application},OU=${spki},O=${enterpriseNumber}`;
const EXCHANGE = 'spiffe://crossroads.test/service/exchange';

describe('a caller', () => {
  let echo: EchoServer;

  beforeAll(async () => {
    echo = await EchoServer.start();
  });
  afterAll(() => echo.stop());

  /** At the port of the kind that the first URI names, of the authority of that kind. */
  const refusalOf = async (subject: string | ((spki: string) => string), uris: string[]) => {
    if (uris[0]?.includes('/institution/') !== true)
      return failureOf(echo.connect(await echo.authority.leaf({ subject, uris })).echo(request('x')));
    const tls = await echo.institutions.leaf({ subject, uris });
    return failureOf(echo.connectAsInstitution(tls).echo(request('x')));
  };

  it('is the application of an institution', async () => {
    const tls = await echo.institutions.institution(ENTERPRISE, 'desk');
    await echo.connectAsInstitution(tls).echo(request('x'));
    expect(echo.seen.at(-1)?.caller).toMatchObject({
      kind: 'institution',
      enterpriseNumber: ENTERPRISE,
      application: 'desk',
    });
  });

  it('is identified by the certificate of its own connection', async () => {
    const desk = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE));
    const exchange = await echo.asExchange();
    await Promise.all([desk.echo(request('desk')), exchange.echo(request('exchange'))]);
    await exchange.echo(request('again'));
    expect(echo.seen.at(-1)?.caller).toMatchObject({ kind: 'service', name: 'exchange' });
    await desk.echo(request('again'));
    expect(echo.seen.at(-1)?.caller).toMatchObject({ kind: 'institution', application: 'desk' });
  });

  it('has its certificate parsed once per connection', async () => {
    const exchange = await echo.asExchange();
    await exchange.echo(request('x'));
    const reading = jest.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    await exchange.echo(request('x'));
    expect(reading).not.toHaveBeenCalled();
    reading.mockRestore();
  });

  it.each([
    ['another application in its subject', subjectOf('other'), [INSTITUTION], 'CERTIFICATE_SUBJECT_MISMATCH'],
    [
      'another institution in its subject',
      subjectOf('desk', '0202239951'),
      [INSTITUTION],
      'CERTIFICATE_SUBJECT_MISMATCH',
    ],
    ['no hash of its key in its subject', `CN=desk,O=${ENTERPRISE}`, [INSTITUTION], 'CERTIFICATE_SUBJECT_MISMATCH'],
    [
      'the hash of another key in its subject',
      `CN=desk,OU=${'A'.repeat(43)},O=${ENTERPRISE}`,
      [INSTITUTION],
      'CERTIFICATE_SUBJECT_MISMATCH',
    ],
    ['a service with an organisation', `CN=exchange,O=${ENTERPRISE}`, [EXCHANGE], 'CERTIFICATE_SUBJECT_MISMATCH'],
    ['two names in its subject', 'CN=exchange,CN=exchange', [EXCHANGE], 'CERTIFICATE_SUBJECT_MISMATCH'],
    ['two URIs', 'CN=exchange', [EXCHANGE, INSTITUTION], 'CERTIFICATE_NAMES_NOBODY'],
    ['no URI', 'CN=exchange', [], 'CERTIFICATE_NAMES_NOBODY'],
    ['another trust domain', 'CN=exchange', ['spiffe://elsewhere.test/service/exchange'], 'CERTIFICATE_NAMES_NOBODY'],
    [
      'a longer trust domain',
      'CN=exchange',
      ['spiffe://crossroads.test.evil/service/exchange'],
      'CERTIFICATE_NAMES_NOBODY',
    ],
    [
      'an enterprise number that fails its check',
      'CN=desk,O=0884303370',
      ['spiffe://crossroads.test/institution/0884303370/application/desk'],
      'CERTIFICATE_NAMES_NOBODY',
    ],
    [
      'a URI that hides another entry',
      'CN=exchange',
      ['spiffe://crossroads.test/service/other, URI:spiffe://crossroads.test/service/exchange'],
      'CERTIFICATE_NAMES_NOBODY',
    ],
  ])('with %s is not identified', async (_what, subject, uris, reason) => {
    expect(await refusalOf(subject, uris)).toMatchObject({ code: status.UNAUTHENTICATED, reason });
  });

  it.each([
    ['a service, at the port for institutions', 'CN=exchange', EXCHANGE, 'institutions'],
    ['an application, at the port for services', subjectOf('desk'), INSTITUTION, 'services'],
  ] as const)(
    'named %s by an authority of that port, is believed no name of the other kind',
    async (_what, subject, uri, at) => {
      const authority = at === 'services' ? echo.authority : echo.institutions;
      const tls = await authority.leaf({ subject, uris: [uri] });
      const client = at === 'services' ? echo.connect(tls) : echo.connectAsInstitution(tls);
      expect(await failureOf(client.echo(request('x')))).toMatchObject({
        code: status.UNAUTHENTICATED,
        reason: 'CERTIFICATE_OF_ANOTHER_KIND',
      });
    },
  );

  it('cannot connect to the port of the other kind', async () => {
    const desk = await echo.institutions.institution(ENTERPRISE);
    expect(await failureOf(echo.connect(desk).echo(request('x')))).toMatchObject({ code: status.UNAVAILABLE });
    const exchange = echo.connectAsInstitution(await echo.authority.service('exchange'));
    expect(await failureOf(exchange.echo(request('x')))).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('may not call an rpc that does not list it', async () => {
    const desk = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE));
    expect(await failureOf(desk.refuse(request('x')))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'CALLER_NOT_ALLOWED',
      domain: 'spec.crossroads',
    });
    const other = echo.connect(await echo.authority.service('subscription'));
    expect(await failureOf(other.echo(request('x')))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
  });

  it('may not call with a key that is not registered', async () => {
    const withdrawn = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'withdrawn'));
    expect(await failureOf(withdrawn.echo(request('x')))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'KEY_NOT_REGISTERED',
    });
  });

  it('with a certificate of another CA cannot connect', async () => {
    const another = await TestAuthority.create();
    const tls = { ...(await another.service('exchange')), ca: echo.authority.caFile };
    expect(await failureOf(echo.connect(tls).echo(request('x')))).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('with an expired certificate cannot connect', async () => {
    const tls = await echo.authority.leaf({
      subject: 'CN=exchange',
      uris: [EXCHANGE],
      notAfter: new Date(Date.now() - 1000),
    });
    expect(await failureOf(echo.connect(tls).echo(request('x')))).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('without a certificate cannot connect', async () => {
    const socket = tlsConnect({
      host: '127.0.0.1',
      port: echo.server.port,
      ca: readFileSync(echo.authority.caFile),
      checkServerIdentity: () => undefined,
      ALPNProtocols: ['h2'],
    });
    const [error]: unknown[] = await once(socket, 'error').catch((caught: unknown) => [caught]);
    expect(error).toMatchObject({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
  });

  it('with TLS 1.2 cannot connect', async () => {
    const tls = await echo.authority.service('exchange');
    const socket = tlsConnect({
      host: '127.0.0.1',
      port: echo.server.port,
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
    });
    const [error] = (await once(socket, 'error')) as unknown[];
    expect(error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  it('refuses a server with another identity', async () => {
    const tls = await echo.authority.service('exchange');
    const connection = echo.connect(tls, { server: { kind: 'service', name: 'person-registry' } });
    expect(await failureOf(connection.echo(request('x')))).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('may expect any application of one institution', async () => {
    const source = await EchoServer.start({ tls: await echo.institutions.institution(ENTERPRISE, 'source') });
    const caller = { ...(await echo.authority.service('exchange')), ca: echo.institutions.ownCaFile };
    const expecting = (enterpriseNumber: string) =>
      source.connect(caller, { server: { kind: 'institution', enterpriseNumber } }).echo(request('x'));
    expect(await expecting(ENTERPRISE)).toEqual(response('x'));
    expect(await failureOf(expecting('0202239951'))).toMatchObject({ code: status.UNAVAILABLE });
    expect(await failureOf(expecting('088430336'))).toMatchObject({ code: status.UNAVAILABLE });
    await source.stop();
  });

  it('whose certificate expires during a connection is refused from then on', async () => {
    const connection = await echo.asExchange();
    expect(await connection.echo(request('x'))).toEqual(response('x'));
    const tomorrow = Date.now() + 86_400_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(tomorrow);
    expect(await failureOf(connection.echo(request('x')))).toMatchObject({
      code: status.UNAUTHENTICATED,
      reason: 'CERTIFICATE_EXPIRED',
    });
    clock.mockRestore();
  });
});
