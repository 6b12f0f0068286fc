import type { Service } from '../service.js';

export const brokerKeeper = {
  name: 'broker-keeper',
  title: 'the broker-keeper',
  rpcs: {},
  publishes: [],
  reads: [],
  institutionTopics: undefined,
  servesPages: false,
  administersBroker: true,
  database: false,
  subjectKeys: false,
  storesDocuments: false,
  receipts: 'none',
  ownKeys: [],
  sharedKeys: [],
} as const satisfies Service;
