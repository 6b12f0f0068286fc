import { INSTITUTIONS, type Service, withRight } from '../service.js';

export const authorization = {
  name: 'authorization',
  title: 'authorization',
  rpcs: {
    'crossroads.authorization.v1.AuthorizationService': {
      registerInstitution: withRight('administer'),
      registerApplication: withRight('administer'),
      // Granting takes a right, and withdrawing none: whoever has a key may give up what is its institution's.
      withdrawKey: INSTITUTIONS,
      withdrawRepresentation: INSTITUTIONS,
      acceptRepresentation: withRight('entrust'),
      registerDataService: withRight('administer'),
      registerSignInProvider: withRight('administer'),
      registerDocumentProvider: withRight('administer', 'publish'),
      registerTerms: withRight('administer'),
      grantInscriptions: withRight('decide'),
      submitDeliberation: withRight('propose', 'administer'),
      decideDeliberation: withRight('decide'),
      revokeDeliberation: withRight('decide'),
      getDeliberation: INSTITUTIONS,
      listDeliberations: INSTITUTIONS,
      listDataServices: INSTITUTIONS,
      check: INSTITUTIONS,
      acceptPolicyFork: withRight('administer'),
      // Each service decides by the policy, so each follows it.
      watch: ['every-service'],
      confirmPolicy: ['every-service'],
    },
    // For whoever asks a portal, signed in or not.
    'crossroads.authorization.v1.RegisterService': {
      getVocabulary: withRight('portal'),
      searchDeliberations: withRight('portal'),
      getPublishedDeliberation: withRight('portal'),
    },
  },
  publishes: [],
  reads: [],
  institutionTopics: undefined,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: false,
  storesDocuments: false,
  receipts: 'none',
  ownKeys: [],
  sharedKeys: [],
} as const satisfies Service;
