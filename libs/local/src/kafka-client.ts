import { type BrokerLog, kafkaClient } from '@crossroads/messaging';
import type { Admin } from 'kafkajs';
import type { IdentityFiles } from './certificates.js';

const SILENT: BrokerLog = () => {};

/** A client that administers the local broker. */
export const kafkaAdmin = (brokers: readonly string[], { ca, certificate, key }: IdentityFiles, retries = 0): Admin =>
  kafkaClient({ brokers, clientId: 'crossroads-local', tls: { ca, cert: certificate, key } }, SILENT).admin({
    retry: { retries, initialRetryTime: 100 },
  });

/** Whether it serves: the cluster can be described, and the coordinator of a group has loaded its offsets. */
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
