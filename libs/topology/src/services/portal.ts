import type { Service } from '../service.js';

export const portal = {
  name: 'portal',
  title: 'the portal',
  rpcs: {},
  publishes: [],
  reads: [],
  institutionTopics: undefined,
  servesPages: true,
  administersBroker: false,
  // Of sessions only.
  database: true,
  subjectKeys: false,
  storesDocuments: false,
  receipts: 'none',
  ownKeys: [],
  sharedKeys: [],
} as const satisfies Service;
