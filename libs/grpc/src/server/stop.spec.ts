import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { EchoServer, failureOf } from '../testing/echo-server.js';
import { request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';

describe('a stop', () => {
  it('finishes what is in flight, and takes nothing new', async () => {
    const echo = await EchoServer.start();
    const [exchange, late] = [await echo.asExchange(), await echo.asExchange()];
    const inFlight = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the handler waits');
    const stopped = echo.server.stop();
    expect(echo.server.health.isServing).toBe(false);
    await until(() => echo.seen.at(-1)?.signal.aborted === false, 'it is not told to hurry');
    expect(await failureOf(late.echo(request('late')))).toMatchObject({ code: status.UNAVAILABLE });
    for (const release of echo.waiting) release();
    expect(await inFlight).toEqual(response('wait'));
    await stopped;
    await echo.stop();
  });

  it('goes on serving while it drains, though it says that it does not, and finishes what came until then', async () => {
    const hasten = new AbortController();
    const echo = await EchoServer.start({ drainMs: 600_000, hasten: hasten.signal });
    const [exchange, another] = [await echo.asExchange(), await echo.asExchange()];
    const stopped = echo.server.stop();
    expect(echo.server.health.isServing).toBe(false);
    expect(await exchange.echo(request('from a new connection'))).toEqual(response('from a new connection'));
    let say = (_topic: string): void => undefined;
    const chatting = (async function* () {
      for (;;) yield request(await new Promise<string>((resolve) => (say = resolve)));
    })();
    const conversation = exchange.chat(chatting)[Symbol.asyncIterator]();
    const first = conversation.next();
    say('hello');
    expect(await first).toMatchObject({ value: response('hello') });
    const inFlight = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the handler waits');
    const next = failureOf(conversation.next());

    hasten.abort();
    expect(await next).toMatchObject({ code: status.UNAVAILABLE, reason: 'SERVER_STOPPING' });
    expect(await failureOf(another.echo(request('late')))).toMatchObject({ code: status.UNAVAILABLE });
    for (const release of echo.waiting) release();
    expect(await inFlight).toEqual(response('wait'));
    await stopped;
    say('');
    await echo.stop();
  });

  it('ends the drain by itself', async () => {
    const echo = await EchoServer.start({ drainMs: 50 });
    const exchange = await echo.asExchange();
    await exchange.echo(request('before'));
    await echo.server.stop();
    expect(await failureOf(exchange.echo(request('after')))).toMatchObject({ code: status.UNAVAILABLE });
    await echo.stop();
  });

  it('that is hastened does not wait for what is stuck', async () => {
    const hasten = new AbortController();
    const echo = await EchoServer.start({ limits: { stopWithinMs: 600_000 }, hasten: hasten.signal });
    const exchange = await echo.asExchange({ deadlineMs: 600_000 });
    const stuck = failureOf(exchange.echo(request('stuck')));
    await until(() => echo.seen.length === 1, 'the handler is stuck');
    const stopped = echo.server.stop();
    hasten.abort();
    await stopped;
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await stuck).code);
    await echo.stop();
  });

  it('cuts off what does not finish in time', async () => {
    const echo = await EchoServer.start({ limits: { stopWithinMs: 100 } });
    const exchange = await echo.asExchange();
    const stuck = failureOf(exchange.echo(request('stuck')));
    await until(() => echo.seen.length === 1, 'the handler is stuck');
    await echo.server.stop();
    expect(echo.seen.at(-1)?.signal.aborted).toBe(true);
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await stuck).code);
    await echo.stop();
  });

  it('ends streams that have no end of their own at once, so that their readers go elsewhere', async () => {
    const echo = await EchoServer.start({ limits: { stopWithinMs: 60_000 } });
    const exchange = await echo.asExchange();
    let say = (_topic: string): void => undefined;
    const chatting = (async function* () {
      for (;;) yield request(await new Promise<string>((resolve) => (say = resolve)));
    })();
    const conversation = exchange.chat(chatting)[Symbol.asyncIterator]();
    const first = conversation.next();
    say('hello');
    expect(await first).toMatchObject({ value: response('hello') });
    const next = failureOf(conversation.next());
    await echo.server.stop();
    expect(await next).toMatchObject({ code: status.UNAVAILABLE, reason: 'SERVER_STOPPING' });
    say('');
    await echo.stop();
  });
});
