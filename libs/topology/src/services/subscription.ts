import { INSTITUTIONS, type Service } from '../service.js';
import { SUBSCRIPTION_ACCESS_TOPIC, DELIVERIES, MUTATION_TOPIC, PERSON_TOPIC } from '../topics.js';

export const subscription = {
  name: 'subscription',
  title: 'subscription',
  rpcs: {
    'crossroads.subscription.v1.SubscriptionService': {
      subscribe: INSTITUTIONS,
      changeSubscription: INSTITUTIONS,
      closeSubscription: INSTITUTIONS,
      pauseSubscription: INSTITUTIONS,
      resumeSubscription: INSTITUTIONS,
      replayDeliveries: INSTITUTIONS,
      streamDeliveries: INSTITUTIONS,
      getSchemas: INSTITUTIONS,
      getSubscription: INSTITUTIONS,
      listSubscriptions: INSTITUTIONS,
      listParked: INSTITUTIONS,
      redriveParked: INSTITUTIONS,
    },
  },
  publishes: [SUBSCRIPTION_ACCESS_TOPIC],
  reads: [PERSON_TOPIC, MUTATION_TOPIC],
  institutionTopics: DELIVERIES,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: false,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms'],
  sharedKeys: [],
} as const satisfies Service;
