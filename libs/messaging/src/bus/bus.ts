import { BusSettings, MeshSettings, ReadinessChecks, ServiceIdentity } from '@crossroads/configuration';
import { warn } from '@crossroads/grpc';
import { processLog } from '@crossroads/telemetry';
import { PARTITIONS, producedBy, readBy, TOPICS } from '@crossroads/topology';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Broker, BrokerUnavailable, requirePartitions, WrongPartitions } from '../broker/broker.js';
import { retryUntilDone } from '../broker/retry.js';
import { openBroker } from './open-broker.js';

/**
 * The connection to the broker. It is opened in the background, with retries: a service starts while the broker is away. On a topic with
 * another number of partitions than its log it does not start: the bus is not ready and neither publishes nor consumes.
 */
@Injectable()
export class Bus implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly opened = Promise.withResolvers<Broker>();
  private connected: Broker | undefined;
  /** Once the topics are there, with the right number of partitions. */
  private broker: Broker | undefined;
  private refusal: WrongPartitions | undefined;

  constructor(
    private readonly service: ServiceIdentity,
    private readonly settings: BusSettings,
    private readonly mesh: MeshSettings,
    readinessChecks: ReadinessChecks,
  ) {
    this.opened.promise.catch(() => undefined);
    readinessChecks.add('bus', () => this.ready(), settings.BUS_GRACE_MS);
  }

  /** Resolves once the broker is connected and has the topics of this service; rejects when it was closed before. */
  whenOpen(): Promise<Broker> {
    return this.opened.promise;
  }

  /** For callers that cannot wait. @throws BrokerUnavailable until the broker has been connected once and has the topics of this service */
  requireOpen(): Broker {
    if (this.broker === undefined)
      throw new BrokerUnavailable('the broker is not connected yet', { cause: this.refusal });
    return this.broker;
  }

  /** Ends the attempts to connect, so that nothing waits for the broker while the application shuts down. */
  stopConnecting(): void {
    this.closing.abort(new Error('the bus is closed'));
  }

  onApplicationBootstrap(): void {
    const failed = (error: unknown, attempt: number): void => {
      if (!(error instanceof WrongPartitions)) {
        warn('bus')(error, attempt);
        return;
      }
      this.refusal = error;
      const { topic, actual, required } = error;
      processLog().error(error.message, { topic, actual, required });
    };
    retryUntilDone(this.closing.signal, () => this.open(), failed).then(this.opened.resolve, this.opened.reject);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopConnecting();
    await this.connected?.close();
  }

  private async ready(): Promise<boolean> {
    return (await this.broker?.ready()) ?? false;
  }

  private async open(): Promise<Broker> {
    const { KAFKA_BROKERS: kafkaBrokers, EMBEDDED_LOG_URL: embeddedLogUrl } = this.settings;
    const tls = { ca: this.mesh.TLS_CA_FILE, cert: this.mesh.TLS_CERT_FILE, key: this.mesh.TLS_KEY_FILE };
    this.connected ??= await openBroker({ clientId: this.service.name, kafkaBrokers, embeddedLogUrl, tls });
    const broker = this.connected;
    for (const name of producedBy(this.service.name))
      await broker.ensureTopic({ name, partitions: PARTITIONS, retentionDays: TOPICS[name].retentionDays });
    for (const name of readBy(this.service.name)) {
      const partitions = await broker.partitionsOf(name);
      // One that is not there yet is verified by its consumer.
      if (partitions !== undefined) requirePartitions(name, partitions, PARTITIONS);
    }
    this.broker = broker;
    return broker;
  }
}
