import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as http2Connect } from 'node:http2';
import { Client, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { EndedCall } from './handlers.js';
import type { LimitedCall } from './limits.js';
import type { ServerLimits } from './server.js';
import { EchoServer, ENTERPRISE, failureOf } from '../testing/echo-server.js';
import { EchoService, request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';
import { channelCredentials, type TlsFiles } from '../identity/tls.js';

/** One call, and no other for a quarter of an hour. */
const ONCE: ServerLimits = { callsPerSecond: 0.001 };
/** A `HealthCheckResponse` whose status is 1. */
const SERVING = Buffer.from([8, 1]);

describe('a server that limits its callers', () => {
  let echo: EchoServer;
  let session: ClientHttp2Session | undefined;
  const limited: LimitedCall[] = [];
  const ended: EndedCall[] = [];
  const start = async (limits: ServerLimits) => {
    limited.length = 0;
    ended.length = 0;
    echo = await EchoServer.start({
      limits: { stopWithinMs: 200, ...limits },
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

  /** Headers of a call, without a message. */
  const begin = async () => {
    const tls = await echo.authority.service('exchange');
    session = http2Connect(`https://127.0.0.1:${echo.server.port}`, {
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      checkServerIdentity: () => undefined,
    });
    await once(session, 'connect');
    const stream = session.request({
      ':method': 'POST',
      ':path': EchoService.echo.path,
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

  it('refuses what comes too often, says when to come again, and tells who counts', async () => {
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

  it('limits each caller by itself, over all its connections', async () => {
    const exchange = await start(ONCE);
    await exchange.echo(request('exchange'));
    const office = await echo.authority.institution(ENTERPRISE, 'desk');
    expect(await echo.connect(office).echo(request('office'))).toEqual(response('office'));
    const other = echo.connect(await echo.authority.institution(ENTERPRISE, 'other'));
    expect(await failureOf(other.echo(request('again')))).toMatchObject({ reason: 'RATE_LIMIT' });
  });

  it('counts calls that may not be made, too', async () => {
    await start(ONCE);
    const office = echo.connect(await echo.authority.institution(ENTERPRISE, 'desk'));
    expect(await failureOf(office.refuse(request('')))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    expect(await failureOf(office.refuse(request('')))).toMatchObject({ reason: 'RATE_LIMIT' });
  });

  it('has a call that waited for another answered as soon as it may', async () => {
    const exchange = await start({ concurrentCalls: 1 });
    const first = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the first is in hand');
    // Nothing was done yet, so that it is repeated although it could do harm.
    const second = exchange.echo(request('second'), { deadlineMs: 20_000 });
    await until(() => limited.length > 0, 'the second is refused');
    expect(limited[0]).toMatchObject({ reason: 'CONCURRENCY' });
    for (const release of echo.waiting) release();
    expect(await first).toEqual(response('wait'));
    expect(await second).toEqual(response('second'));
  });

  it('counts a call from its headers on, and until it is given up', async () => {
    const exchange = await start({ concurrentCalls: 1 });
    const stream = await begin();
    // Two connections: which headers come first is open.
    const ask = () => exchange.echo(request('other'), { deadlineMs: 50 }).catch((error: unknown) => error);
    for (let tries = 0; limited.length === 0 && tries < 1_000; tries++) await ask();
    expect(await ask()).toMatchObject({ reason: 'CONCURRENCY_LIMIT', retryAfterMs: 100 });
    stream.close();
    expect(await exchange.echo(request('other'), { deadlineMs: 20_000 })).toEqual(response('other'));
  });

  it('counts a cancelled call for as long as its handler works', async () => {
    const exchange = await start({ concurrentCalls: 1 });
    const given = new AbortController();
    const stuck = exchange.echo(request('stuck'), { signal: given.signal });
    await until(() => echo.seen.length === 1, 'it is in hand');
    given.abort();
    expect(await failureOf(stuck)).toMatchObject({ code: status.CANCELLED });
    await until(() => echo.seen[0]?.signal.aborted === true, 'the server knows');
    expect(await failureOf(exchange.echo(request('next'), { deadlineMs: 50 }))).toMatchObject({
      reason: 'CONCURRENCY_LIMIT',
    });
  });

  it('refuses what is too large, for good', async () => {
    const exchange = await start({ maxMessageBytes: 1_000 });
    const refused = await failureOf(exchange.echo(request('x'.repeat(2_000))));
    expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' });
    expect(refused.retryAfterMs).toBeUndefined();
    expect(limited).toMatchObject([{ reason: 'SIZE', caller: { name: 'exchange' } }]);
    expect(ended).toMatchObject([{ code: status.RESOURCE_EXHAUSTED }]);
  });

  it('tells its health all the same', async () => {
    const exchange = await start({ ...ONCE, concurrentCalls: 1 });
    await exchange.echo(request('first'));
    const tls = await echo.authority.service('exchange');
    for (let i = 0; i < 3; i++) expect(await health(tls)).toEqual(SERVING);
    expect(limited).toEqual([]);
  });
});
