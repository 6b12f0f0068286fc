import { createHash } from 'node:crypto';
import { ReadRequest } from '@crossroads/contracts/events/v1/events_service';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from '../client/client.js';
import { EchoServer, failureOf, listOf } from '../testing/echo-server.js';
import { type EchoService, request, response } from '../testing/echo-service.js';
import { until } from '../testing/until.js';

async function* requests(...topics: string[]) {
  for (const topic of topics) yield request(topic);
}

describe('a server', () => {
  let echo: EchoServer;
  let exchange: Connection<typeof EchoService>;

  beforeAll(async () => {
    echo = await EchoServer.start();
    exchange = await echo.asExchange();
  });
  afterAll(() => echo.stop());

  it('answers a unary call', async () => {
    expect(await exchange.echo(request('hello'))).toEqual(response('hello'));
  });

  it('receives a stream of requests', async () => {
    expect(await exchange.collect(requests('a', 'b', 'c'))).toEqual(response('a,b,c'));
  });

  it('sends a stream of responses', async () => {
    const ids = (await listOf(exchange.count(request('3')))).map(({ event }) => event?.id[0]);
    expect(ids).toEqual(['0', '1', '2']);
  });

  it('streams in both directions', async () => {
    expect(await listOf(exchange.chat(requests('a', 'b')))).toEqual([response('a'), response('b')]);
  });

  it('fails a stream in both directions while a response is still being written, and requests may come', async () => {
    const more = Promise.withResolvers<void>();
    const open = (async function* () {
      // More than fits into the window of a stream, so that its response is written in parts.
      yield request('broken'.padEnd(1_000_000, '.'));
      await more.promise;
    })();
    await expect(listOf(exchange.chat(open))).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'POLICY_STALE',
    });
    more.resolve();
  }, 20_000);

  it('gives the handler the caller, the rpc and the hash of the request', async () => {
    await exchange.echo(request('who'));
    const call = echo.seen.at(-1);
    expect(call).toMatchObject({
      caller: { kind: 'service', name: 'exchange', spki: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) },
      rpc: '/crossroads.spec.v1.EchoService/Echo',
    });
    const bytes = ReadRequest.encode(request('who')).finish();
    expect(Buffer.from(call?.requestHash ?? [])).toEqual(createHash('sha256').update(bytes).digest());
  });

  describe('maps an error to a status with a reason', () => {
    it.each([
      ['rejection', status.FAILED_PRECONDITION, 'SUBSCRIPTION_NOT_OPEN', { state: 'closed' }],
      ['race', status.ABORTED, 'CONCURRENT_UPDATE', {}],
      ['reused', status.ALREADY_EXISTS, 'REQUEST_ID_REUSED', {}],
      ['input', status.INVALID_ARGUMENT, 'INVALID_INPUT', { field: 'ssin', rule: 'SSIN_CHECKSUM' }],
      ['stale', status.UNAVAILABLE, 'POLICY_STALE', {}],
      ['database', status.UNAVAILABLE, 'DEPENDENCY_UNAVAILABLE', {}],
      ['shutdown', status.UNAVAILABLE, 'DEPENDENCY_UNAVAILABLE', {}],
      ['bug', status.INTERNAL, 'INTERNAL', {}],
      ['unmapped', status.INTERNAL, 'INTERNAL', {}],
      ['a string', status.INTERNAL, 'INTERNAL', {}],
    ])('of kind %s', async (topic, code, reason, metadata) => {
      expect(await failureOf(exchange.refuse(request(topic)))).toMatchObject({
        code,
        reason,
        metadata,
        domain: 'spec.crossroads',
      });
    });

    it('with every field that is invalid', async () => {
      const { violations } = await failureOf(exchange.refuse(request('input')));
      expect(violations).toMatchObject([
        { field: 'ssin', reason: 'SSIN_CHECKSUM', description: 'wrong check' },
        { field: 'end_date', reason: 'INVALID_PERIOD', description: 'ends before it begins' },
      ]);
    });

    it('with the first of very many fields, and their number', async () => {
      const { violations, message } = await failureOf(exchange.refuse(request('everything')));
      expect(violations.length).toBeGreaterThan(20);
      expect(violations.length).toBeLessThan(200);
      expect(message).toMatch(/and 10000 more/);
    });

    it('with the retry delay', async () => {
      expect(await failureOf(exchange.refuse(request('stale')))).toMatchObject({ retryAfterMs: 1500 });
    });

    it('without the message of an unexpected error, which is reported to the log', async () => {
      const before = echo.unexpected.length;
      expect(await failureOf(exchange.refuse(request('bug')))).toMatchObject({
        message: expect.not.stringMatching(/secret/),
      });
      expect(echo.unexpected.slice(before)).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/secret/) }),
      ]);
    });
  });

  it('aborts the signal of a call that the client cancels', async () => {
    const cancelling = new AbortController();
    const call = failureOf(exchange.echo(request('wait'), { signal: cancelling.signal }));
    await until(() => echo.seen.at(-1)?.signal.aborted === false && echo.waiting.length > 0, 'the handler waits');
    cancelling.abort();
    expect(await call).toMatchObject({ code: status.CANCELLED });
    await until(() => echo.seen.at(-1)?.signal.aborted === true, 'the handler is told');
  });

  it('aborts the signal of a call at its deadline', async () => {
    expect(await failureOf(exchange.echo(request('wait'), { deadlineMs: 50 }))).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await until(() => echo.seen.at(-1)?.signal.aborted === true, 'the handler is told');
  });

  it('does not abort the signal of a call that was answered', async () => {
    await exchange.echo(request('done'));
    const signal = echo.seen.at(-1)?.signal;
    await exchange.echo(request('next'));
    expect(signal?.aborted).toBe(false);
  });

  it('produces responses only as fast as they are read, and stops when the reader leaves', async () => {
    echo.counted = 0;
    const ended = echo.countsEnded;
    for await (const { event } of exchange.count(request('100000'))) {
      expect(event?.id[0]).toBe('0');
      break;
    }
    await until(() => echo.countsEnded === ended + 1, 'the source is ended');
    expect(echo.counted).toBeLessThan(2_000);
  });

  it('slows the sender of requests down to the speed of the handler', async () => {
    let sent = 0;
    const never = (async function* () {
      for (;;) {
        sent++;
        yield request('x'.repeat(10_000));
      }
    })();
    const cancelling = new AbortController();
    const conversation = exchange.chat(never, { signal: cancelling.signal });
    const reader = conversation[Symbol.asyncIterator]();
    await reader.next();
    let before = -1;
    // The sender stops when all buffers between the two are full.
    await until(() => {
      const still = sent === before && sent > 16;
      before = sent;
      return still;
    }, 'the sender waits');
    expect(sent).toBeLessThan(2_000);
    cancelling.abort();
    await reader.return?.();
  });

  it('fails a call with the error of its stream of requests', async () => {
    const failing = (async function* () {
      yield request('a');
      throw new RangeError('the file ends in the middle');
    })();
    await expect(exchange.collect(failing)).rejects.toThrow('the file ends in the middle');
  });
});
