import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { RenewedFiles } from '@crossroads/configuration';
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, logLevel } from 'kafkajs';
import { calmRequestQueues } from './request-queue.js';
import type { BrokerLog } from '../broker/broker-log.js';

/** PEM texts, or paths of PEM files, which may be renewed: each connection is made with what is in them by then. */
export interface KafkaTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface KafkaOptions {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  /** Who this is, in the broker's logs: the service's name. */
  readonly clientId: string;
  /** Absent: no TLS, for a broker that asks for none. */
  readonly tls?: KafkaTls;
  /** Hears kafkajs, redacted. @default nothing */
  readonly log?: BrokerLog;
}

export const kafkaClient = (options: KafkaOptions, log: BrokerLog): Kafka => {
  calmRequestQueues();
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logLevel: logLevel.INFO,
    logCreator: logsTo(log),
  };
  return new Kafka(options.tls ? { ...config, ssl: true, socketFactory: socketsOf(options.tls) } : config);
};

const KEEP_ALIVE_MS = 60_000;

/** As kafkajs makes its sockets, but for the TLS files, which it would read once. */
const socketsOf = (tls: KafkaTls): ISocketFactory => {
  const pems = pemsOf(tls);
  return ({ host, port, onConnect }) => {
    const name = isIP(host) ? {} : { servername: host };
    const socket = connect({ host, port, ...name, ...pems(), minVersion: 'TLSv1.3' }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return socket;
  };
};

const pemsOf = (tls: KafkaTls) => {
  if (tls.ca.includes('-----BEGIN')) return () => tls;
  const files = new RenewedFiles(tls);
  return () => files.current();
};

// What kafkajs calls errors while it retries them itself: a coordinator that loads, a leader that moves, a broker that restarts.
const PASSING =
  /coordinator|rebalanc|leader|not aware of this member|connection|socket|disconnected|request_timed_out|retr/i;

const logsTo =
  (log: BrokerLog): logCreator =>
  () =>
  ({ level, namespace, log: entry }) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = entry;
    if (level > logLevel.WARN) return;
    const passing = level === logLevel.WARN || PASSING.test(`${message} ${String(details['error'] ?? '')}`);
    log(passing ? 'info' : 'error', `kafkajs ${namespace}: ${message}`, details);
  };
