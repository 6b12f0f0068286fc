import { INSTITUTIONS, type Service } from '../service.js';

export const exchange = {
  name: 'exchange',
  title: 'the exchange',
  rpcs: {
    'crossroads.exchange.v1.ExchangeService': { consult: INSTITUTIONS, reportMutation: INSTITUTIONS },
  },
  publishes: ['crossroads.mutation.v1', 'crossroads.access.v1'],
  reads: [],
  deliversToSubscribers: false,
  subjectKeys: true,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys'],
  sharedKeys: [],
} as const satisfies Service;
