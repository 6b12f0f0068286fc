import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from './client.js';
import { errorOf, RemoteError } from '../errors/remote-error.js';
import { spkiOf } from '../identity/peer.js';
import { ServerKeys } from '../identity/server-keys.js';
import { newRequestId } from '../request/request-id.js';
import { backoffMs, withRetries } from './retries.js';
import { startServer } from '../server/server.js';
import { serve } from '../server/service.js';
import { EchoServer, failureOf, trustDomain } from '../testing/echo-server.js';
import { EchoService, request, response } from '../testing/echo-service.js';
import { until, untilAnswered } from '../testing/until.js';

const remote = (code: status, retryAfterMs?: number) => new RemoteError(code, 'no', '', '', {}, [], retryAfterMs);

describe('retries', () => {
  const attempts = async (errors: readonly Error[], isIdempotent: boolean, withinMs = 5_000) => {
    let calls = 0;
    const outcome = await withRetries(
      async () => {
        const error = errors[calls++];
        if (error !== undefined) throw error;
        return 'answer';
      },
      { deadline: Date.now() + withinMs, isIdempotent, signal: undefined, context: undefined },
    ).catch((error: unknown) => error);
    return { calls, outcome };
  };

  it('follow UNAVAILABLE and ABORTED when the call is idempotent', async () => {
    const errors = [remote(status.UNAVAILABLE), remote(status.ABORTED)];
    expect(await attempts(errors, true)).toEqual({ calls: 3, outcome: 'answer' });
  });

  it('do not happen when the call is not idempotent', async () => {
    expect(await attempts([remote(status.UNAVAILABLE)], false)).toMatchObject({ calls: 1, outcome: { code: 14 } });
  });

  it('do not follow a refusal', async () => {
    for (const code of [status.INVALID_ARGUMENT, status.PERMISSION_DENIED, status.INTERNAL, status.DEADLINE_EXCEEDED])
      expect(await attempts([remote(code)], true)).toMatchObject({ calls: 1, outcome: { code } });
  });

  it('follow a limit with a retry delay, also for a call that was not begun and is not idempotent', async () => {
    expect(await attempts([remote(status.RESOURCE_EXHAUSTED, 1)], true)).toEqual({ calls: 2, outcome: 'answer' });
    expect(await attempts([remote(status.RESOURCE_EXHAUSTED)], true)).toMatchObject({ calls: 1, outcome: { code: 8 } });
    expect(await attempts([remote(status.RESOURCE_EXHAUSTED, 1)], false)).toMatchObject({ calls: 1 });
    const notBegun = new RemoteError(status.RESOURCE_EXHAUSTED, 'no', 'RATE_LIMIT', '', {}, [], 1);
    expect(await attempts([notBegun, notBegun], false)).toEqual({ calls: 3, outcome: 'answer' });
  });

  it('wait for as long as the server says, and a random back-off on top', () => {
    const limited = remote(status.RESOURCE_EXHAUSTED, 60);
    for (const attempt of [1, 2, 10]) {
      expect(backoffMs(attempt, limited)).toBeGreaterThanOrEqual(60);
      expect(backoffMs(attempt, limited)).toBeLessThan(1_060);
    }
  });

  it('treat a connection limit as a limit', () => {
    const details = 'Bandwidth exhausted or memory limit exceeded';
    const error = errorOf(Object.assign(new Error(details), { code: status.RESOURCE_EXHAUSTED, details }));
    expect(error).toMatchObject({
      reason: 'CONNECTION_LIMIT',
      retryAfterMs: 1_000,
      wasLimited: true,
      wasNotBegun: false,
    });
  });

  it('do not happen when the retry delay ends after the deadline', async () => {
    expect(await attempts([remote(status.UNAVAILABLE, 10_000)], true)).toMatchObject({
      calls: 1,
      outcome: { code: 14 },
    });
  });
});

describe('a client', () => {
  let echo: EchoServer;
  beforeAll(async () => {
    echo = await EchoServer.start();
  });
  afterAll(() => echo.stop());

  it('reaches a server that starts while the call waits', async () => {
    const tls = await echo.authority.service('exchange');
    const options = {
      host: '127.0.0.1',
      tls: await echo.authority.service('subscription'),
      trustDomain,
      domain: 'spec.crossroads',
      services: [
        serve(
          { echo: EchoService.echo },
          { echo: async ({ topic }) => response(topic) },
          { allow: { echo: ['service:exchange'] } },
        ),
      ],
    };
    const first = await startServer({ ...options, port: 0 });
    const { port } = first;
    await first.stop();
    const client = connect({ echo: EchoService.echo }, `127.0.0.1:${port}`, {
      tls,
      trustDomain,
      server: { kind: 'service', name: 'subscription' },
      reads: ['echo'],
      deadlineMs: 30_000,
    });
    const answer = client.echo(request('early'));
    const second = await startServer({ ...options, port });
    expect(await answer).toEqual(response('early'));
    client.close();
    await second.stop();
  });

  it('works with several addresses while one of them answers', async () => {
    const client = connect(EchoService, ['127.0.0.1:1', `127.0.0.1:${echo.server.port}`], {
      tls: await echo.authority.service('exchange'),
      trustDomain,
      server: { kind: 'service', name: 'subscription' },
      reads: ['echo'],
    });
    for (let i = 0; i < 10; i++) expect(await client.echo(request('x'))).toEqual(response('x'));
    client.close();
  });

  it('names the TLS file that cannot be read', () => {
    const tls = { ca: '/nowhere/ca.pem', cert: '', key: '' };
    expect(() =>
      connect(EchoService, 'localhost:1', { tls, trustDomain, server: { kind: 'service', name: 'x' } }),
    ).toThrow('/nowhere/ca.pem');
  });

  it('believes a server whose key is registered, and none with the same name and another key', async () => {
    const keyOf = ({ cert }: { cert: string }) => spkiOf(new X509Certificate(readFileSync(cert)));
    const registered = keyOf(echo.folderTls);
    const another = keyOf(await echo.authority.service('subscription'));
    const pinned = await echo.asExchange({
      serverKeys: new ServerKeys(({ spki }) => [another, registered].includes(spki)),
    });
    expect(await pinned.echo(request('x'))).toEqual(response('x'));
    const stranger = await echo.asExchange({ serverKeys: new ServerKeys(({ spki }) => spki === another) });
    const { code, message } = await failureOf(stranger.echo(request('x')));
    expect(code).toBe(status.UNAVAILABLE);
    expect(message).toContain("the key of the server's certificate is not registered");
  });

  it('loses its connection to a server whose key is withdrawn, with the calls in flight, and believes it no more', async () => {
    let isRegistered = true;
    const serverKeys = new ServerKeys(() => isRegistered);
    const exchange = await echo.asExchange({ serverKeys });
    const waiting = failureOf(exchange.echo(request('wait'), { deadlineMs: 60_000 }));
    await until(() => echo.waiting.length > 0, 'a call is in flight');
    serverKeys.cutWithdrawn();
    expect(await exchange.echo(request('x'))).toEqual(response('x'));
    isRegistered = false;
    serverKeys.cutWithdrawn();
    expect(await waiting).toMatchObject({ code: status.UNAVAILABLE });
    expect(await failureOf(exchange.echo(request('x')))).toMatchObject({ code: status.UNAVAILABLE });
    isRegistered = true;
    await untilAnswered(() => exchange.echo(request('x')));
  });

  it('cancels a call whose signal was aborted before', async () => {
    const exchange = await echo.asExchange();
    expect(await failureOf(exchange.echo(request('x'), { signal: AbortSignal.abort() }))).toMatchObject({
      code: status.CANCELLED,
    });
  });

  it('sends metadata', async () => {
    const exchange = await echo.asExchange();
    await exchange.echo(request('x'), { metadata: { traceparent: '00-1' } });
    expect(echo.seen.at(-1)?.metadata.get('traceparent')).toEqual(['00-1']);
  });
});

describe('an error of a call', () => {
  it('that is of no call comes back unchanged, and a thrown value becomes an Error', () => {
    const bug = new TypeError('mine');
    expect(errorOf(bug)).toBe(bug);
    expect(errorOf('text')).toMatchObject({ message: 'text' });
    expect(newRequestId()).not.toBe(newRequestId());
  });
});
