import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RenewedFiles } from '@crossroads/configuration';
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, logLevel } from 'kafkajs';
import { patchRequestQueue } from './request-queue.js';
import type { BrokerLog } from '../broker/broker-log.js';

/** PEM texts, or paths of PEM files. Files may be renewed: each connection reads them again. */
export interface KafkaTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface KafkaOptions {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  /** The service's name, for the broker's logs. */
  readonly clientId: string;
  /** Absent for a broker without TLS. */
  readonly tls?: KafkaTls;
  /** Receives what kafkajs logs, redacted. @default nothing */
  readonly log?: BrokerLog;
}

export const kafkaClient = (options: KafkaOptions, log: BrokerLog): Kafka => {
  patchRequestQueue();
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 3_000,
    // A request that is not answered in time also closes its connection (`request-queue.ts`): a vanished broker is noticed within 10 s.
    requestTimeout: 8_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logLevel: logLevel.INFO,
    logCreator: logsTo(log),
  };
  return new Kafka(
    options.tls
      ? { ...config, ssl: true, socketFactory: tlsSockets(options.tls) }
      : { ...config, socketFactory: sockets },
  );
};

const KEEP_ALIVE_MS = 5_000;

const sockets: ISocketFactory = ({ host, port, onConnect }) =>
  connect({ host, port }, onConnect).setKeepAlive(true, KEEP_ALIVE_MS);

/** Like kafkajs's own sockets, but reads the TLS files for each connection; kafkajs reads them once. */
const tlsSockets = (tls: KafkaTls): ISocketFactory => {
  const pems = pemsOf(tls);
  return ({ host, port, onConnect }) => {
    const name = isIP(host) ? {} : { servername: host };
    const socket = connectTls({ host, port, ...name, ...pems(), minVersion: 'TLSv1.3' }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return socket;
  };
};

const pemsOf = (tls: KafkaTls) => {
  if (tls.ca.includes('-----BEGIN')) return () => tls;
  const files = new RenewedFiles(tls);
  return () => files.current();
};

// kafkajs logs these as errors although it retries them: a coordinator that loads, a leader that moves, a broker that restarts, replicas
// that are still behind.
const TRANSIENT =
  /coordinator|rebalanc|leader|not aware of this member|connection|socket|disconnected|in-sync replicas|timed.out|retr/i;

const logsTo =
  (log: BrokerLog): logCreator =>
  () =>
  ({ level, namespace, log: entry }) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = entry;
    if (level > logLevel.WARN) return;
    const transient = level === logLevel.WARN || TRANSIENT.test(`${message} ${String(details['error'] ?? '')}`);
    log(transient ? 'info' : 'error', `kafkajs ${namespace}: ${message}`, details);
  };
