import { type Service, withRight } from '../service.js';
import { SUBSCRIPTION_ACCESS_TOPIC, DELIVERIES, MUTATION_TOPIC, PERSON_TOPIC } from '../topics.js';

export const subscription = {
  name: 'subscription',
  title: 'subscription',
  rpcs: {
    'crossroads.subscription.v1.SubscriptionService': {
      subscribe: withRight('subscribe'),
      changeSubscription: withRight('subscribe'),
      closeSubscription: withRight('subscribe'),
      pauseSubscription: withRight('subscribe'),
      resumeSubscription: withRight('subscribe'),
      replayDeliveries: withRight('subscribe'),
      streamDeliveries: withRight('subscribe'),
      getSchemas: withRight('subscribe'),
      getSubscription: withRight('subscribe'),
      listSubscriptions: withRight('subscribe'),
      listParked: withRight('subscribe'),
      redriveParked: withRight('subscribe'),
    },
  },
  publishes: [SUBSCRIPTION_ACCESS_TOPIC],
  reads: [PERSON_TOPIC, MUTATION_TOPIC],
  institutionTopics: DELIVERIES,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: false,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms'],
  sharedKeys: [],
} as const satisfies Service;
