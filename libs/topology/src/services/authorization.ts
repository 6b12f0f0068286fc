import { INSTITUTIONS, type Service } from '../service.js';

export const authorization = {
  name: 'authorization',
  title: 'authorization',
  rpcs: {
    'crossroads.authorization.v1.AuthorizationService': {
      registerInstitution: INSTITUTIONS,
      registerApplication: INSTITUTIONS,
      withdrawKey: INSTITUTIONS,
      registerDataService: INSTITUTIONS,
      registerSignInProvider: INSTITUTIONS,
      registerDocumentProvider: INSTITUTIONS,
      grantInscriptions: INSTITUTIONS,
      submitDeliberation: INSTITUTIONS,
      decideDeliberation: INSTITUTIONS,
      revokeDeliberation: INSTITUTIONS,
      getDeliberation: INSTITUTIONS,
      listDeliberations: INSTITUTIONS,
      listDataServices: INSTITUTIONS,
      check: INSTITUTIONS,
      acceptPolicyFork: INSTITUTIONS,
      // Each service decides by the policy, so each follows it.
      watch: ['every-service'],
      confirmPolicy: ['every-service'],
    },
  },
  publishes: [],
  reads: [],
  institutionTopics: undefined,
  administersBroker: false,
  database: true,
  subjectKeys: false,
  storesDocuments: false,
  receipts: 'none',
  ownKeys: [],
  sharedKeys: [],
} as const satisfies Service;
