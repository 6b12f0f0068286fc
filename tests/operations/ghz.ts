import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConsultRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import type { TlsFiles } from '@crossroads/grpc';
import { ROOT } from '../whole-mesh.js';

/** The counts of ghz by status. */
export interface GhzReport {
  readonly count: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly p99Ms: number;
}

const PLACES = ['ghz', join(homedir(), 'go/bin/ghz'), join(homedir(), '.cache/crossroads-tools/ghz')];

/** The path of ghz (https://ghz.sh), a gRPC client that is independent of our code; undefined when it is not installed. */
export const findGhz = (): string | undefined =>
  PLACES.find((place) => (place === 'ghz' || existsSync(place)) && spawnSync(place, ['--version']).status === 0);

export interface GhzOptions {
  /** For example `dns://127.0.0.1:5353/exchange:8443`. */
  readonly target: string;
  readonly tls: TlsFiles;
  readonly requests: readonly ConsultRequest[];
  readonly seconds: number;
  readonly perSecond: number;
  /** Where the file of requests is written. */
  readonly folder: string;
}

/** Runs consultations by ghz for some seconds, and waits for those in flight. */
export const runGhz = async (ghz: string, options: GhzOptions): Promise<GhzReport> => {
  const { target, tls, requests, seconds, perSecond, folder } = options;
  const data = join(folder, 'ghz.json');
  writeFileSync(data, JSON.stringify(requests), { mode: 0o600 });
  const child: ChildProcess = spawn(
    ghz,
    [
      ...['--protoset', join(ROOT, 'libs/contracts/descriptors.binpb')],
      ...['--call', 'crossroads.exchange.v1.ExchangeService/Consult'],
      ...['--cacert', tls.ca, '--cert', tls.cert, '--key', tls.key],
      ...['--data-file', data, '--format', 'json', '--timeout', '15s'],
      ...['--lb-strategy', 'round_robin', '--connections', '2', '--concurrency', '12', '--rps', String(perSecond)],
      ...['--duration', `${seconds}s`, '--duration-stop', 'wait'],
      // Without a log file version 0.93 crashes when it logs a warning.
      ...['--debug', '/dev/null'],
      target,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (text) => (output += String(text)));
  child.stderr?.on('data', (text) => (errors += String(text)));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`ghz failed: ${errors}${output}`);
  return reportOf(JSON.parse(output));
};

const reportOf = (report: unknown): GhzReport => {
  const field = (name: string): unknown => Reflect.get(Object(report), name);
  const counts = (name: string): Record<string, number> => {
    const counted = field(name);
    if (typeof counted !== 'object' || counted === null) return {};
    return Object.fromEntries(Object.keys(counted).map((key) => [key, Number(Reflect.get(counted, key))]));
  };
  const latencies: unknown = field('latencyDistribution');
  const p99: unknown = Array.isArray(latencies)
    ? latencies.find((one) => Reflect.get(Object(one), 'percentage') === 99)
    : undefined;
  return {
    count: Number(field('count')),
    statuses: counts('statusCodeDistribution'),
    errors: counts('errorDistribution'),
    p99Ms: Number(Reflect.get(Object(p99), 'latency')) / 1e6,
  };
};
