import { type BrokerLog, kafkaClient } from '@crossroads/messaging';
import type { Admin } from 'kafkajs';
import type { IdentityFiles } from './certificates.js';

const SILENT: BrokerLog = () => {};

/** Administers the local broker; services use what `@crossroads/messaging` has for them. */
export const kafkaAdmin = (brokers: readonly string[], { ca, certificate, key }: IdentityFiles, retries = 0): Admin =>
  kafkaClient({ brokers, clientId: 'crossroads-local', tls: { ca, cert: certificate, key } }, SILENT).admin({
    retry: { retries, initialRetryTime: 100 },
  });

/** Whether it serves in full: topics can be listed, and a group's coordinator has loaded its offsets. */
export const kafkaAnswers = async (brokers: readonly string[], identity: IdentityFiles): Promise<boolean> => {
  const admin = kafkaAdmin(brokers, identity);
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
