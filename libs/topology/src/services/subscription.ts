import { INSTITUTIONS, type Service } from '../service.js';

export const subscription = {
  name: 'subscription',
  title: 'subscription',
  rpcs: {
    'crossroads.subscription.v1.SubscriptionService': {
      subscribe: INSTITUTIONS,
      closeSubscription: INSTITUTIONS,
      pauseSubscription: INSTITUTIONS,
      resumeSubscription: INSTITUTIONS,
      listSubscriptions: INSTITUTIONS,
      listParked: INSTITUTIONS,
      redriveParked: INSTITUTIONS,
    },
  },
  publishes: ['crossroads.access.v1'],
  reads: ['crossroads.person.v1', 'crossroads.directory.v1', 'crossroads.mutation.v1'],
  deliversToSubscribers: true,
  subjectKeys: true,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms'],
  sharedKeys: [],
} as const satisfies Service;
