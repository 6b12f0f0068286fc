import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { EchoServer, failureOf } from '../testing/echo-server.js';
import { request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';

describe('a stop of a server', () => {
  it('waits for calls in flight, and accepts no new ones', async () => {
    const echo = await EchoServer.start();
    const [exchange, late] = [await echo.asExchange(), await echo.asExchange()];
    const inFlight = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the handler waits');
    const stopped = echo.server.stop();
    expect(echo.server.health.isServing).toBe(false);
    await until(() => echo.seen.at(-1)?.signal.aborted === false, 'its call is not aborted');
    expect(await failureOf(late.echo(request('late')))).toMatchObject({ code: status.UNAVAILABLE });
    for (const release of echo.waiting) release();
    expect(await inFlight).toEqual(response('wait'));
    await stopped;
    await echo.stop();
  });

  it('serves during the drain while health says NOT_SERVING, and then waits for calls in flight', async () => {
    const forceStop = new AbortController();
    const echo = await EchoServer.start({ drainMs: 600_000, forceStop: forceStop.signal });
    const [exchange, another] = [await echo.asExchange(), await echo.asExchange()];
    const stopped = echo.server.stop();
    expect(echo.server.health.isServing).toBe(false);
    expect(await exchange.echo(request('from a new connection'))).toEqual(response('from a new connection'));
    let sendTopic = (_topic: string): void => undefined;
    const chatting = (async function* () {
      for (;;) yield request(await new Promise<string>((resolve) => (sendTopic = resolve)));
    })();
    const conversation = exchange.chat(chatting)[Symbol.asyncIterator]();
    const first = conversation.next();
    sendTopic('hello');
    expect(await first).toMatchObject({ value: response('hello') });
    const inFlight = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the handler waits');
    const next = failureOf(conversation.next());

    forceStop.abort();
    expect(await next).toMatchObject({ code: status.UNAVAILABLE, reason: 'SERVER_STOPPING' });
    expect(await failureOf(another.echo(request('late')))).toMatchObject({ code: status.UNAVAILABLE });
    for (const release of echo.waiting) release();
    expect(await inFlight).toEqual(response('wait'));
    await stopped;
    sendTopic('');
    await echo.stop();
  });

  it('ends the drain after its time', async () => {
    const echo = await EchoServer.start({ drainMs: 50 });
    const exchange = await echo.asExchange();
    await exchange.echo(request('before'));
    await echo.server.stop();
    expect(await failureOf(exchange.echo(request('after')))).toMatchObject({ code: status.UNAVAILABLE });
    await echo.stop();
  });

  it('that is forced does not wait for a handler that hangs', async () => {
    const forceStop = new AbortController();
    const echo = await EchoServer.start({ limits: { stopTimeoutMs: 600_000 }, forceStop: forceStop.signal });
    const exchange = await echo.asExchange({ deadlineMs: 600_000 });
    const stuck = failureOf(exchange.echo(request('stuck')));
    await until(() => echo.seen.length === 1, 'the handler is stuck');
    const stopped = echo.server.stop();
    forceStop.abort();
    await stopped;
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await stuck).code);
    await echo.stop();
  });

  it('aborts calls that do not end in time', async () => {
    const echo = await EchoServer.start({ limits: { stopTimeoutMs: 100 } });
    const exchange = await echo.asExchange();
    const stuck = failureOf(exchange.echo(request('stuck')));
    await until(() => echo.seen.length === 1, 'the handler is stuck');
    await echo.server.stop();
    expect(echo.seen.at(-1)?.signal.aborted).toBe(true);
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await stuck).code);
    await echo.stop();
  });

  it('aborts endless streams at once, so that their clients connect elsewhere', async () => {
    const echo = await EchoServer.start({ limits: { stopTimeoutMs: 60_000 } });
    const exchange = await echo.asExchange();
    let sendTopic = (_topic: string): void => undefined;
    const chatting = (async function* () {
      for (;;) yield request(await new Promise<string>((resolve) => (sendTopic = resolve)));
    })();
    const conversation = exchange.chat(chatting)[Symbol.asyncIterator]();
    const first = conversation.next();
    sendTopic('hello');
    expect(await first).toMatchObject({ value: response('hello') });
    const next = failureOf(conversation.next());
    await echo.server.stop();
    expect(await next).toMatchObject({ code: status.UNAVAILABLE, reason: 'SERVER_STOPPING' });
    sendTopic('');
    await echo.stop();
  });
});
