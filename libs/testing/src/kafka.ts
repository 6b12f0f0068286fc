import { CertificateAuthorities, type IssuedCertificate, KAFKA_ADMIN } from '@crossroads/local';
import type { KafkaTls } from '@crossroads/messaging';
import { startKafkaServer } from './servers.js';

export interface TestKafka {
  /** `host:port`, as in `KAFKA_BROKERS`. */
  readonly brokers: string;
  /** Where institutions connect. */
  readonly institutionBrokers: string;
  /** A certificate with all rights. */
  readonly admin: KafkaTls;
  /** PEM of the authority of institutions. */
  readonly institutionsCa: string;
  /** Issues certificates that this Kafka trusts. */
  issue(make: (authority: CertificateAuthorities) => Promise<IssuedCertificate>): Promise<KafkaTls>;
  /** Kills it with SIGKILL; it restarts with its data. Only for an embedded one that was started here. */
  kill(): void;
  stop(): Promise<void>;
}

/**
 * A Kafka with TLS and ACLs, shared by the specs of one process: that of `TEST_KAFKA_BROKERS` and `TEST_KAFKA_INSTITUTION_BROKERS`, whose
 * authorities are in the folder `TEST_KAFKA_AUTHORITY`, or one that `servers.ts` starts. Undefined, with a printed reason, without a Docker engine and Java.
 */
export const testKafka = (): Promise<TestKafka | undefined> => {
  shared ??= given() ?? start();
  return shared;
};

let shared: Promise<TestKafka | undefined> | undefined;

const TRUST_DOMAIN = 'crossroads.test';

const given = (): Promise<TestKafka> | undefined => {
  const {
    TEST_KAFKA_BROKERS: brokers,
    TEST_KAFKA_INSTITUTION_BROKERS: institutionBrokers,
    TEST_KAFKA_AUTHORITY: folder,
  } = process.env;
  if (!brokers) return undefined;
  if (!folder || !institutionBrokers)
    throw new Error(
      'TEST_KAFKA_BROKERS needs TEST_KAFKA_INSTITUTION_BROKERS, and TEST_KAFKA_AUTHORITY: the folder with the authorities that they trust',
    );
  return (async () => {
    const authority = await CertificateAuthorities.open(folder, TRUST_DOMAIN);
    return {
      brokers,
      institutionBrokers,
      ...(await certificatesOf(authority)),
      kill: () => {
        throw new Error('the Kafka of TEST_KAFKA_BROKERS is not ours to kill');
      },
      stop: async () => undefined,
    };
  })();
};

const start = async (): Promise<TestKafka | undefined> => {
  const authority = await CertificateAuthorities.create(TRUST_DOMAIN);
  const kafka = await startKafkaServer(authority);
  if (kafka.kind === 'none') {
    process.stderr.write(`SKIPPED, no Kafka: ${kafka.why}\n`);
    await kafka.stop();
    return undefined;
  }
  return {
    brokers: kafka.brokers,
    institutionBrokers: kafka.institutionBrokers,
    ...(await certificatesOf(authority)),
    kill: () => {
      const pid = kafka.pid?.();
      if (pid === undefined) throw new Error('only an embedded Kafka can be killed, while it runs');
      process.kill(pid, 'SIGKILL');
    },
    stop: async () => {
      shared = undefined;
      await kafka.stop();
    },
  };
};

const certificatesOf = async (
  authority: CertificateAuthorities,
): Promise<Pick<TestKafka, 'admin' | 'issue' | 'institutionsCa'>> => {
  const issue: TestKafka['issue'] = async (make) => {
    const { certificate, key } = await make(authority);
    return { ca: authority.certificateOf('services'), cert: certificate, key };
  };
  return {
    admin: await issue((ca) => ca.issueService(KAFKA_ADMIN)),
    institutionsCa: authority.certificateOf('institutions'),
    issue,
  };
};
