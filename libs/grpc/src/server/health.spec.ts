import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client, credentials, type GrpcObject, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { service as health } from 'grpc-health-check';
import { EchoServer, ENTERPRISE } from '../testing/echo-server.js';
import { channelCredentials, type TlsFiles } from '../identity/tls.js';

const SERVER = 'spiffe://crossroads.test/service/subscription';
const SERVICE = 'crossroads.spec.v1.EchoService';

describe('health over TLS', () => {
  let echo: EchoServer;
  let tls: TlsFiles;
  let client: Client;
  const options = { 'grpc.ssl_target_name_override': 'subscription' };

  beforeAll(async () => {
    echo = await EchoServer.start();
    tls = await echo.institutions.institution(ENTERPRISE, 'monitor');
    client = new Client(`127.0.0.1:${echo.server.institutionsPort}`, channelCredentials(tls, SERVER), options);
  });
  afterAll(async () => {
    client.close();
    await echo.stop();
  });

  const { Check, Watch } = health;
  if (!Check || !Watch) throw new Error('no health service');

  const check = (service: string) =>
    new Promise<unknown>((resolve, reject) => {
      client.makeUnaryRequest(
        Check.path,
        Check.requestSerialize,
        Check.responseDeserialize,
        { service },
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });

  it('is the readiness of the server and of each of its services', async () => {
    expect(await check('')).toEqual({ status: 'SERVING' });
    expect(await check(SERVICE)).toEqual({ status: 'SERVING' });
    await expect(check('unknown')).rejects.toMatchObject({ code: status.NOT_FOUND });
    echo.ready = false;
    await echo.server.health.refresh();
    expect(await check('')).toEqual({ status: 'NOT_SERVING' });
    echo.ready = true;
    await echo.server.health.refresh();
    expect(await check(SERVICE)).toEqual({ status: 'SERVING' });
  });

  it('is sent to watchers when it changes', async () => {
    const stream = client.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, {
      service: '',
    });
    const reader = stream[Symbol.asyncIterator]();
    expect(await reader.next()).toMatchObject({ value: { status: 'SERVING' } });
    echo.ready = false;
    await echo.server.health.refresh();
    expect(await reader.next()).toMatchObject({ value: { status: 'NOT_SERVING' } });
    echo.ready = true;
    await echo.server.health.refresh();
    expect(await reader.next()).toMatchObject({ value: { status: 'SERVING' } });
    stream.on('error', () => undefined);
    stream.cancel();
  });

  it('comes with reflection of what the server serves', async () => {
    const proto = join(
      dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json')),
      'build/proto/grpc/reflection/v1/reflection.proto',
    );
    const { path, requestSerialize, responseDeserialize } = reflectionMethod(loadPackageDefinition(loadSync(proto)));
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    stream.on('error', () => undefined);
    stream.write({ fileContainingSymbol: 'crossroads.exchange.v1.ExchangeService' });
    stream.end();
    const answers: unknown[] = [];
    for await (const answer of stream) answers.push(answer);
    expect(answers).toMatchObject([{ fileDescriptorResponse: { fileDescriptorProto: expect.any(Array) } }]);
    const [{ fileDescriptorResponse: answer }] = answers as [
      { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } },
    ];
    const files = answer.fileDescriptorProto.map((file) => file.toString('latin1'));
    // Tools resolve types by the full name, with its dot, in the file that declares it.
    expect(files.some((text) => text.includes('.google.type.Date'))).toBe(true);
    expect(files.some((text) => text.startsWith('\n\x16google/type/date.proto'))).toBe(true);
  });

  it('is not served without a client certificate', async () => {
    const stranger = new Client(`127.0.0.1:${echo.server.port}`, credentials.createInsecure());
    const failure = new Promise((resolve) => {
      stranger.makeUnaryRequest(
        Check.path,
        Check.requestSerialize,
        Check.responseDeserialize,
        { service: '' },
        resolve,
      );
    });
    expect(await failure).toMatchObject({ code: status.UNAVAILABLE });
    stranger.close();
  });
});

const reflectionMethod = (loaded: GrpcObject) => {
  let at: unknown = loaded;
  for (const name of ['grpc', 'reflection', 'v1', 'ServerReflection', 'service', 'ServerReflectionInfo'])
    at = Reflect.get(Object(at), name);
  return at as {
    path: string;
    requestSerialize: (value: unknown) => Buffer;
    responseDeserialize: (bytes: Buffer) => unknown;
  };
};
