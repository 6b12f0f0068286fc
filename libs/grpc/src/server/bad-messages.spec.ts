import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as http2Connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { ReadRequest } from '@crossroads/contracts/events/v1/events_service';
import { Client, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorOf, RemoteError } from '../errors/remote-error.js';
import { EchoServer } from '../testing/echo-server.js';
import { EchoService, request } from '../testing/echo-service.js';
import { channelCredentials, type TlsFiles } from '../identity/tls.js';

const ALL = [
  ...Object.values(EchoService).map(({ path }) => path),
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
];

interface Answer {
  readonly code: number;
  readonly message: string;
}

describe('malformed messages', () => {
  let echo: EchoServer;
  let tls: TlsFiles;
  let client: Client;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    echo = await EchoServer.start({ limits: { maxMessageBytes: 100_000 } });
    tls = await echo.authority.service('exchange');
    const server = 'spiffe://crossroads.test/service/subscription';
    client = new Client(`127.0.0.1:${echo.server.port}`, channelCredentials(tls, server), {
      'grpc.ssl_target_name_override': 'subscription',
    });
    session = http2Connect(`https://127.0.0.1:${echo.server.port}`, {
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      checkServerIdentity: () => undefined,
    });
    await once(session, 'connect');
  });
  afterAll(async () => {
    client.close();
    session.close();
    await echo.stop();
  });

  /** A call with any bytes as its message. */
  const send = (path: string, message: Buffer, deadlineMs = 30_000) =>
    new Promise<RemoteError | undefined>((resolve, reject) => {
      const bytes = (value: Buffer) => value;
      client.makeUnaryRequest(
        path,
        bytes,
        bytes,
        message,
        new Metadata(),
        { deadline: Date.now() + deadlineMs },
        (error) => {
          const failure = error ? errorOf(error) : undefined;
          if (failure === undefined || failure instanceof RemoteError) resolve(failure);
          else reject(failure);
        },
      );
    });

  /** A call with any bytes as its frames. */
  const post = async (path: string, frames: Buffer, headers: Record<string, string> = {}): Promise<Answer> => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': '30S',
      ...headers,
    });
    const answer = new Promise<Answer>((resolve) => {
      let code = -1;
      let message = '';
      const onHeaders = (received: Record<string, unknown>) => {
        if (received['grpc-status'] === undefined) return;
        code = Number(received['grpc-status']);
        message = String(received['grpc-message']);
      };
      stream.on('response', onHeaders).on('trailers', onHeaders);
      stream.on('error', () => undefined);
      stream.on('close', () => resolve({ code, message }));
    });
    stream.end(frames);
    stream.resume();
    return answer;
  };

  const frame = (message: Buffer, flag = 0): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt8(flag, 0);
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  };

  const good = Buffer.from(ReadRequest.encode(request('a topic that is long enough')).finish());

  it('that are truncated are refused as malformed', async () => {
    for (const { path } of Object.values(EchoService))
      expect(await send(path, good.subarray(0, -3))).toMatchObject({
        code: status.INVALID_ARGUMENT,
        reason: 'MALFORMED_MESSAGE',
        domain: 'spec.crossroads',
      });
    expect(echo.unexpected).toEqual([]);
  });

  it('that are too large are refused with the limit in the text', async () => {
    expect(await send(EchoService.echo.path, Buffer.alloc(100_001))).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'MESSAGE_TOO_LARGE',
      message: expect.stringMatching(/100000/),
    });
  });

  it('that decompress to more than the limit are refused', async () => {
    const compressed = frame(gzipSync(Buffer.alloc(10_000_000)), 1);
    expect(await post(EchoService.echo.path, compressed, { 'grpc-encoding': 'gzip' })).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });

  it('that cannot be decompressed are refused as malformed', async () => {
    const garbage = frame(Buffer.from('no gzip at all'), 1);
    expect(await post(EchoService.echo.path, garbage, { 'grpc-encoding': 'gzip' })).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it.each([
    ['no message', Buffer.alloc(0)],
    ['half a frame', frame(good).subarray(0, 12)],
    ['two messages', Buffer.concat([frame(good), frame(good)])],
  ])('%s instead of one is refused', async (_what, frames) => {
    expect(await post(EchoService.echo.path, frames)).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('with an invalid time-out are refused', async () => {
    expect(await post(EchoService.echo.path, frame(good), { 'grpc-timeout': 'soon' })).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it('for an unknown rpc are answered with UNIMPLEMENTED', async () => {
    expect(await send('/crossroads.spec.v1.EchoService/Nothing', good)).toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it('of random bytes, 500 to each rpc, cause no internal error', async () => {
    for (const path of ALL) {
      const answers = await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          i % 2 === 0
            ? send(path, randomBytes(randomInt(0, 200)), 2_000).then((failure) => failure?.code ?? status.OK)
            : post(path, Buffer.concat([frame(good).subarray(0, randomInt(0, 30)), randomBytes(randomInt(0, 60))]), {
                'grpc-timeout': '500m',
              }).then(({ code }) => code),
        ),
      );
      for (const code of [status.INTERNAL, status.UNKNOWN])
        expect([path, answers.includes(code)]).toEqual([path, false]);
    }
    expect(echo.unexpected).toEqual([]);
    expect(await send(EchoService.echo.path, good)).toBeUndefined();
  });
});
