/**
 * Calls per second of a bare grpc-js echo and of one through `startServer`: same TLS, 256 bytes, 32 callers on one
 * connection, alternating within one run. `node dist/testing/echo.bench.js`
 */
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Client, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { startServer } from '../server/server.js';
import { serve } from '../server/service.js';
import { channelCredentials, type TlsFiles } from '../identity/tls.js';
import { TestAuthority } from './certificates.js';
import { EchoService, request, response } from './echo-service.js';

const CLIENTS = 32;
const ROUND_MS = 3_000;
const ROUNDS = 3;

const bare = (tls: TlsFiles): Promise<number> => {
  const server = new Server();
  server.addService(
    { echo: EchoService.echo },
    {
      echo: (call: { request: { topic: string } }, callback: (error: null, value: unknown) => void) =>
        callback(null, response(call.request.topic)),
    },
  );
  const pair = { private_key: readFileSync(tls.key), cert_chain: readFileSync(tls.cert) };
  const credentials = ServerCredentials.createSsl(readFileSync(tls.ca), [pair], true);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
};

const ours = async (tls: TlsFiles): Promise<number> => {
  const { echo } = EchoService;
  const service = serve(
    { echo },
    { echo: async ({ topic }) => response(topic) },
    { allow: { echo: ['service:exchange'] }, authenticate: () => undefined },
  );
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    trustDomain: 'crossroads.test',
    domain: 'bench.crossroads',
    services: [service],
  });
  return server.port;
};

const measure = async (port: number, tls: TlsFiles, ms: number): Promise<number> => {
  const client = new Client(
    `127.0.0.1:${port}`,
    channelCredentials(tls, 'spiffe://crossroads.test/service/subscription'),
    {
      'grpc.ssl_target_name_override': 'subscription',
      'grpc.use_local_subchannel_pool': 1,
    },
  );
  const { path, requestSerialize, responseDeserialize } = EchoService.echo;
  const message = request('x'.repeat(250));
  const once = () =>
    new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, new Metadata(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
  await once();
  const end = performance.now() + ms;
  const startedAt = performance.now();
  let calls = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (performance.now() < end) {
        await once();
        calls++;
      }
    }),
  );
  client.close();
  return (calls * 1000) / (performance.now() - startedAt);
};

if (isMainThread) {
  const authority = await TestAuthority.create();
  const [tls, exchange] = [await authority.service('subscription'), await authority.service('exchange')];
  const servers = { bare: 'bare', ours: 'ours' } as const;
  const workers = new Map<string, { worker: Worker; port: number }>();
  for (const kind of Object.values(servers)) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { kind, tls } });
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    workers.set(kind, { worker, port });
  }
  const results: Record<string, number[]> = { bare: [], ours: [] };
  for (const { port } of workers.values()) await measure(port, exchange, 1_500);
  for (let round = 0; round < ROUNDS; round++)
    for (const [kind, { port, worker }] of workers) {
      const before = await worker.cpuUsage();
      const callsPerSecond = await measure(port, exchange, ROUND_MS);
      const used = await worker.cpuUsage(before);
      results[kind]?.push(callsPerSecond);
      const perCall = (used.user + used.system) / ((callsPerSecond * ROUND_MS) / 1000);
      console.log(`${kind}: ${callsPerSecond.toFixed(0)} calls/s, ${perCall.toFixed(1)} µs of the server's CPU a call`);
    }
  const best = (kind: string) => Math.max(...(results[kind] ?? []));
  console.log(
    `best: ours ${best('ours').toFixed(0)}/s, bare ${best('bare').toFixed(0)}/s, ratio ${(best('ours') / best('bare')).toFixed(2)}`,
  );
  for (const { worker } of workers.values()) await worker.terminate();
} else {
  const { kind, tls } = workerData as { kind: string; tls: TlsFiles };
  parentPort?.postMessage(kind === 'bare' ? await bare(tls) : await ours(tls));
}
