import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { newRequestId, type TlsFiles } from '@crossroads/grpc';
import { eventually, freePort } from '@crossroads/testing';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { TestMesh } from '@crossroads/testing/mesh';
import { consult, WELFARE, World } from './world.js';

/**
 * Consultations a second at 32 clients against a bare grpc-js echo over the same kind of connection, measured one after the other:
 * `node services/exchange/dist/test/consult.bench.js [seconds]`. Directory, policy and source are stand-ins in the process
 * of the clients; `EXCHANGE_NODE_OPTIONS=--cpu-prof` profiles the exchange. A pair says what signed questions cost: another process of the
 * exchange believes every question, and is asked in turn with the first one.
 */
const CLIENTS = 32;
const PERSONS = 500;
const ROUNDS = 4;
/** More than a process answers. */
const MAX_PER_SECOND = 1_000;
const same = (value: Buffer) => value;
const definition = {
  path: '/bench.Echo/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const;

const pem = ({ ca, key, cert }: TlsFiles) => ({
  ca: readFileSync(ca),
  key: readFileSync(key),
  cert: readFileSync(cert),
});

const echo = async (port: number, tls: TlsFiles): Promise<void> => {
  const { ca, key, cert } = pem(tls);
  const server = new Server();
  server.addService(
    { echo: definition },
    { echo: (call: { request: Buffer }, done: (e: null, r: Buffer) => void) => done(null, call.request) },
  );
  const ssl = ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: cert }], true);
  await new Promise<void>((resolve) => server.bindAsync(`127.0.0.1:${port}`, ssl, () => resolve()));
  process.send?.('listening');
};

/** Processor time of a process so far, in ms; Linux only, elsewhere 0. */
const cpuOf = (pid: number | undefined): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
};

/** Calls a second, milliseconds at the 50th and 99th percentile, processor ms a call of the server and of this process. */
const measure = async (seconds: number, pid: number | undefined, call: (n: number) => Promise<unknown>) => {
  const cpu = [cpuOf(pid), cpuOf(process.pid)] as const;
  const latencies: number[] = [];
  const until = performance.now() + seconds * 1_000;
  let n = 0;
  const loop = async () => {
    while (performance.now() < until) {
      const from = performance.now();
      await call(n++);
      latencies.push(performance.now() - from);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, loop));
  const perSecond = latencies.length / ((performance.now() - from) / 1_000);
  latencies.sort((a, b) => a - b);
  const at = (q: number) => (latencies[Math.floor(latencies.length * q)] ?? 0).toFixed(1);
  const server = ((cpuOf(pid) - cpu[0]) / latencies.length).toFixed(2);
  const here = ((cpuOf(process.pid) - cpu[1]) / latencies.length).toFixed(2);
  return { perSecond, text: `${perSecond.toFixed(0)}/s p50 ${at(0.5)} p99 ${at(0.99)} cpu ${server}+${here} ms` };
};

const run = async (seconds: number): Promise<void> => {
  const mesh = await TestMesh.start('exchange');
  const world = await World.create(mesh);
  const tls = world.certificate(WELFARE);
  const echoPort = await freePort();
  const served = await mesh.serviceCertificate('exchange');
  const args = ['echo', String(echoPort), served.ca, served.cert, served.key];
  const echoServer = fork(fileURLToPath(import.meta.url), args);
  await once(echoServer, 'message');
  const { ca, key, cert } = pem(served);
  const ssl = credentials.createSsl(ca, key, cert);
  const echoClient = new Client(`localhost:${echoPort}`, ssl);
  const body = Buffer.alloc(256, 'x');
  const echoCall = () =>
    new Promise<void>((resolve, reject) =>
      echoClient.makeUnaryRequest(definition.path, same, same, body, (error) => (error ? reject(error) : resolve())),
    );
  await measure(1, echoServer.pid, echoCall);
  const bare = await measure(seconds, echoServer.pid, echoCall);
  echoServer.kill();

  const exchange = await mesh.startProcess({ nodeOptions: process.env.EXCHANGE_NODE_OPTIONS?.split(' ') ?? [] });
  const client = world.client(exchange.port, tls);
  const persons = Array.from({ length: PERSONS }, () => world.person(WELFARE).ssin);
  const ask = (n: number) => client.consult(consult(persons[n % PERSONS] ?? ''));
  await eventually(
    () =>
      ask(0).then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  await measure(3, exchange.pid, ask);
  const full = await measure(seconds, exchange.pid, ask);
  const ratio = (full.perSecond / bare.perSecond).toFixed(3);
  process.stdout.write(`echo ${bare.text}\nconsultation ${full.text}\nratio ${ratio}\n`);

  const believing = await mesh.startProcess({
    nodeOptions: ['--import', fileURLToPath(new URL('without-request-tokens.js', import.meta.url))],
  });
  const unsigned = world.unsigned(believing.port, WELFARE);
  // Signed beforehand, as those of the pair: signing is the work of institutions. Sources are handed their part of the token.
  const tokens = persons.map((ssin) => world.signed(consult(ssin), tls));
  const askUnsigned = (n: number) =>
    unsigned.consult({ ...(tokens[n % PERSONS] ?? consult('')), requestId: newRequestId() });
  await eventually(
    () =>
      askUnsigned(0).then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  await measure(3, believing.pid, askUnsigned);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const without = await measure(seconds / 2, believing.pid, askUnsigned);
    const questions = Array.from({ length: seconds * MAX_PER_SECOND }, (_, n) =>
      world.signed(consult(persons[n % PERSONS] ?? ''), tls),
    );
    const signed = await measure(seconds / 2, exchange.pid, (n) => client.consult(questions[n] ?? consult('')));
    ratios.push(signed.perSecond / without.perSecond);
    process.stdout.write(`unsigned ${without.text}\nsigned ${signed.text}\n`);
  }
  const [low = 0, high = 0] = ratios.toSorted((a, b) => a - b).slice(ROUNDS / 2 - 1);
  process.stdout.write(`signed / unsigned ${((low + high) / 2).toFixed(3)}, goal 0.85\n`);
  await believing.stop();
  await exchange.stop();
  await mesh.stop();
};

const [first = '10', port = '0', ca = '', cert = '', key = ''] = process.argv.slice(2);
if (first === 'echo') await echo(Number(port), { ca, cert, key });
else await run(Number(first));
