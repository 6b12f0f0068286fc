import { readFileSync } from 'node:fs';
import kafkajs, { type Kafka } from 'kafkajs';
import type { IdentityFiles } from './certificates.js';

/** A kafkajs client for administering the local broker; services use `@crossroads/messaging`. */
export const kafkaClient = (brokers: readonly string[], { ca, certificate, key }: IdentityFiles, retries = 0): Kafka =>
  new kafkajs.Kafka({
    clientId: 'crossroads-local',
    brokers: [...brokers],
    ssl: { ca: readFileSync(ca), cert: readFileSync(certificate), key: readFileSync(key) },
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries, initialRetryTime: 100 },
  });

/** Whether it serves in full: topics can be listed, and a group's coordinator has loaded its offsets. */
export const kafkaAnswers = async (brokers: readonly string[], identity: IdentityFiles): Promise<boolean> => {
  const admin = kafkaClient(brokers, identity).admin();
  try {
    await admin.connect();
    const { brokers: nodes } = await admin.describeCluster();
    if (nodes.length === 0) return false;
    await admin.fetchOffsets({ groupId: 'crossroads-ready' });
    return true;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
};
