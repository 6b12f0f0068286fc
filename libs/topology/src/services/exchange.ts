import { type Service, withRight } from '../service.js';
import { EXCHANGE_ACCESS_TOPIC, MUTATION_TOPIC, PERSON_TOPIC } from '../topics.js';

export const exchange = {
  name: 'exchange',
  title: 'the exchange',
  rpcs: {
    'crossroads.exchange.v1.ExchangeService': { consult: withRight('consult'), reportMutation: withRight('report') },
  },
  publishes: [MUTATION_TOPIC, EXCHANGE_ACCESS_TOPIC],
  reads: [PERSON_TOPIC],
  institutionTopics: undefined,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: false,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys'],
  sharedKeys: [],
} as const satisfies Service;
