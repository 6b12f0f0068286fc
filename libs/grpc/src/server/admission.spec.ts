import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as http2Connect } from 'node:http2';
import { withCbeCheck } from '@crossroads/identifiers';
import { Client, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { EndedCall } from './handlers.js';
import type { LimitedCall } from './limits.js';
import type { ServerLimits } from './server.js';
import { EchoServer, ENTERPRISE, failureOf } from '../testing/echo-server.js';
import { EchoService, request, response } from '../testing/echo-service.js';
import { until, untilAnswered } from '../testing/until.js';
import { PermissionDenied } from '../errors/failures.js';
import { spkiOf } from '../identity/peer.js';
import type { RefusalOfKey } from '../identity/registered-keys.js';
import { channelCredentials, type TlsFiles } from '../identity/tls.js';

/** One call, and no other for a quarter of an hour. */
const ONCE: ServerLimits = { callsPerSecond: 0.001 };
const OTHER_ENTERPRISE = withCbeCheck('01234567');
/** A `HealthCheckResponse` whose status is 1. */
const SERVING = Buffer.from([8, 1]);

/** The beginning of a message of this length. */
const announced = (bytes: number): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes, 1);
  return head;
};

const notRegistered = () => new PermissionDenied('KEY_NOT_REGISTERED', 'not registered');

/** The headers or trailers that end a call. */
const endOf = (stream: ClientHttp2Stream): Promise<unknown> =>
  new Promise((resolve) => stream.once('trailers', resolve).once('response', resolve));

describe('limits of a server', () => {
  let echo: EchoServer;
  let session: ClientHttp2Session | undefined;
  const limited: LimitedCall[] = [];
  const ended: EndedCall[] = [];
  const start = async (limits: ServerLimits, refusalOf: RefusalOfKey = () => undefined) => {
    limited.length = 0;
    ended.length = 0;
    echo = await EchoServer.start({
      limits: { stopTimeoutMs: 200, ...limits },
      refusalOf,
      onLimited: (call) => limited.push(call),
      onEnd: (call) => ended.push(call),
    });
    return echo.asExchange();
  };
  afterEach(async () => {
    session?.destroy();
    session = undefined;
    await echo.stop();
  });

  /** Sends the headers of a call, without a message. */
  const begin = async (path: string = EchoService.echo.path, own?: TlsFiles) => {
    const tls = own ?? (await echo.authority.service('exchange'));
    session = http2Connect(`https://127.0.0.1:${echo.server.port}`, {
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      checkServerIdentity: () => undefined,
    });
    await once(session, 'connect');
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => undefined).resume();
    return stream;
  };

  const health = (tls: TlsFiles): Promise<Buffer | undefined> => {
    const credentials = channelCredentials(tls, 'spiffe://crossroads.test/service/subscription');
    const client = new Client(`127.0.0.1:${echo.server.port}`, credentials, {
      'grpc.ssl_target_name_override': 'subscription',
    });
    const bytes = (value: Buffer) => value;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', bytes, bytes, Buffer.alloc(0), (error, answer) => {
        client.close();
        if (error) reject(error);
        else resolve(answer);
      });
    });
  };

  it('refuse a call beyond the rate with a retry delay, and report it to the listeners', async () => {
    const exchange = await start(ONCE);
    expect(await exchange.echo(request('first'))).toEqual(response('first'));
    const refused = await failureOf(exchange.echo(request('second')));
    expect(refused).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'RATE_LIMIT',
      domain: 'spec.crossroads',
      wasNotBegun: true,
    });
    expect(refused.retryAfterMs).toBeGreaterThan(900_000);
    const caller = { kind: 'service', name: 'exchange' };
    const rpc = EchoService.echo.path;
    expect(limited).toMatchObject([{ rpc, reason: 'RATE', caller }]);
    expect(ended.map(({ code }) => code)).toEqual([status.OK, status.RESOURCE_EXHAUSTED]);
    expect(echo.seen).toHaveLength(1);
  });

  it('leave all of its budget to an application while a withdrawn certificate of its institution floods', async () => {
    const registered = new Set<string>();
    await start({ callsPerSecond: 5 }, ({ spki }) => (registered.has(spki) ? undefined : notRegistered()));
    const desk = await echo.institutions.institution(ENTERPRISE, 'desk');
    registered.add(spkiOf(new X509Certificate(readFileSync(desk.cert))));
    const withdrawn = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'desk'));
    const flood = await Promise.all(Array.from({ length: 200 }, () => failureOf(withdrawn.echo(request('flood')))));
    expect(new Set(flood.map(({ reason }) => reason))).toEqual(new Set(['KEY_NOT_REGISTERED', 'RATE_LIMIT']));
    expect(limited.length).toBeGreaterThan(150);
    const working = echo.connectAsInstitution(desk);
    // Its whole burst.
    for (let call = 0; call < 10; call++) expect(await working.echo(request('work'))).toEqual(response('work'));
    expect(echo.seen).toHaveLength(10);
  });

  it('give all certificates without a registered key one budget', async () => {
    await start(ONCE, ({ kind }) => (kind === 'service' ? undefined : notRegistered()));
    const first = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'withdrawn'));
    expect(await failureOf(first.echo(request('')))).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
    const second = echo.connectAsInstitution(await echo.institutions.institution(OTHER_ENTERPRISE, 'withdrawn'));
    expect(await failureOf(second.echo(request('')))).toMatchObject({ reason: 'RATE_LIMIT' });
  });

  it.each(['echo', 'count', 'collect', 'chat'] as const)(
    'refuse a call of %s whose key is not registered before its message, also without limits of callers',
    async (rpc) => {
      await start({}, () => notRegistered());
      const stream = await begin(EchoService[rpc].path);
      expect(await endOf(stream)).toMatchObject({ 'grpc-status': '7', 'grpc-message': 'not%20registered' });
      expect(ended).toMatchObject([{ rpc: EchoService[rpc].path, code: status.PERMISSION_DENIED }]);
      expect(echo.seen).toEqual([]);
    },
  );

  it('refuse a certificate that names nobody before its message, within the same budget', async () => {
    await start(ONCE);
    const nobody = await echo.authority.leaf({
      subject: 'CN=nobody',
      uris: ['spiffe://elsewhere.test/service/nobody'],
    });
    expect(await endOf(await begin(EchoService.echo.path, nobody))).toMatchObject({ 'grpc-status': '16' });
    expect(await failureOf(echo.connect(nobody).echo(request('')))).toMatchObject({ reason: 'RATE_LIMIT' });
    expect(ended.map(({ code }) => code)).toEqual([status.UNAUTHENTICATED, status.RESOURCE_EXHAUSTED]);
  });

  it('count each caller separately, over all its connections', async () => {
    const exchange = await start(ONCE);
    await exchange.echo(request('exchange'));
    const office = await echo.institutions.institution(ENTERPRISE, 'desk');
    expect(await echo.connectAsInstitution(office).echo(request('office'))).toEqual(response('office'));
    const again = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'desk'));
    expect(await failureOf(again.echo(request('again')))).toMatchObject({ reason: 'RATE_LIMIT' });
    const other = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'other'));
    expect(await other.echo(request('other'))).toEqual(response('other'));
  });

  it('count calls that the caller may not make as well', async () => {
    await start(ONCE);
    const office = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'desk'));
    expect(await failureOf(office.refuse(request('')))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    expect(await failureOf(office.refuse(request('')))).toMatchObject({ reason: 'RATE_LIMIT' });
  });

  it('let a client retry a refused call until another one has ended', async () => {
    const exchange = await start({ concurrentCalls: 1 });
    const first = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the first is in flight');
    // It was not begun, so that the client retries it although it is not idempotent.
    const second = exchange.echo(request('second'), { deadlineMs: 20_000 });
    await until(() => limited.length > 0, 'the second is refused');
    expect(limited[0]).toMatchObject({ reason: 'CONCURRENCY' });
    for (const release of echo.waiting) release();
    expect(await first).toEqual(response('wait'));
    expect(await second).toEqual(response('second'));
  });

  it('count a call from its headers until it is cancelled', async () => {
    const exchange = await start({ concurrentCalls: 1 });
    const stream = await begin();
    // Two connections: the order in which the headers arrive is open.
    const ask = () => exchange.echo(request('other'), { deadlineMs: 50 }).catch((error: unknown) => error);
    for (let tries = 0; limited.length === 0 && tries < 1_000; tries++) await ask();
    expect(await ask()).toMatchObject({ reason: 'CONCURRENCY_LIMIT', retryAfterMs: 100 });
    stream.close();
    expect(await exchange.echo(request('other'), { deadlineMs: 20_000 })).toEqual(response('other'));
  });

  it('count a cancelled call until its handler ends', async () => {
    const exchange = await start({ concurrentCalls: 1 });
    const cancelling = new AbortController();
    const stuck = exchange.echo(request('stuck'), { signal: cancelling.signal });
    await until(() => echo.seen.length === 1, 'it is in flight');
    cancelling.abort();
    expect(await failureOf(stuck)).toMatchObject({ code: status.CANCELLED });
    await until(() => echo.seen[0]?.signal.aborted === true, 'the server knows');
    expect(await failureOf(exchange.echo(request('next'), { deadlineMs: 50 }))).toMatchObject({
      reason: 'CONCURRENCY_LIMIT',
    });
  });

  it('refuse a message that is too large without a retry delay', async () => {
    const exchange = await start({ maxMessageBytes: 1_000 });
    const refused = await failureOf(exchange.echo(request('x'.repeat(2_000))));
    expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' });
    expect(refused.retryAfterMs).toBeUndefined();
    expect(limited).toMatchObject([{ reason: 'SIZE', caller: { name: 'exchange' } }]);
    expect(ended).toMatchObject([{ code: status.RESOURCE_EXHAUSTED }]);
  });

  it('refuse a message that is too large for its rpc, and take one that is not', async () => {
    const exchange = await start({});
    const refused = await failureOf(exchange.refuse(request('x'.repeat(500))));
    expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' });
    expect(refused.message).toContain('at most 500 bytes');
    expect(refused.retryAfterMs).toBeUndefined();
    expect(limited).toMatchObject([{ reason: 'SIZE', rpc: EchoService.refuse.path }]);
    expect(await exchange.refuse(request('x'.repeat(400)))).toEqual(response('x'.repeat(400)));
  });

  it('bound the bytes of a caller in hand, with those of a message that never comes whole', async () => {
    const maxMessageBytes = 10_000_000;
    await start({ callsPerSecond: 1_000_000, maxMessageBytes });
    const exchange = await echo.asExchange({ maxMessageBytes });
    const stream = await begin();
    // A part of it has to be read before the rest can be sent.
    await new Promise((sent) => stream.write(Buffer.concat([announced(9_900_000), Buffer.alloc(9_800_000)]), sent));
    const large = request('x'.repeat(9_000_000));
    expect(await failureOf(exchange.echo(large, { deadlineMs: 60_000 }))).toMatchObject({
      reason: 'BYTES_LIMIT',
      retryAfterMs: 100,
    });
    expect(limited[0]).toMatchObject({ reason: 'BYTES', caller: { name: 'exchange' } });
    const desk = echo.connectAsInstitution(await echo.institutions.institution(ENTERPRISE, 'desk'));
    expect(await desk.echo(request('work'))).toEqual(response('work'));
    stream.close();
    await untilAnswered(() => exchange.echo(large, { deadlineMs: 60_000 }));
  });

  it('do not apply to health', async () => {
    const exchange = await start({ ...ONCE, concurrentCalls: 1 });
    await exchange.echo(request('first'));
    const tls = await echo.authority.service('exchange');
    for (let i = 0; i < 3; i++) expect(await health(tls)).toEqual(SERVING);
    expect(limited).toEqual([]);
  });
});
