import { type Service, withRight } from '../service.js';
import { SOURCES } from '../sources.js';
import { PERSON_TOPIC } from '../topics.js';

/** The services that read its topic, and so learn of erasures. */
const FOLLOWERS = [
  'service:reference-directory',
  'service:exchange',
  'service:subscription',
  'service:access-audit',
  'service:ebox',
] as const;

export const personRegistry = {
  name: 'person-registry',
  title: 'the person registry',
  rpcs: {
    'crossroads.person.v1.PersonService': {
      registerPerson: withRight('report'),
      changePerson: withRight('report'),
      replaceSsin: withRight('numbers'),
      unreplaceSsin: withRight('numbers'),
      proposeMerge: withRight('numbers'),
      proposeCancellation: withRight('numbers'),
      confirmProposal: withRight('numbers'),
      contestProposal: withRight('numbers'),
      importPersons: withRight('import'),
    },
    // For a citizen: the token of a registered sign-in provider says who it is, not the certificate.
    'crossroads.person.v1.CitizenService': {
      getOwnPerson: withRight('portal'),
      contestOwnProposal: withRight('portal'),
    },
    'crossroads.person.v1.ErasureService': {
      erasePerson: withRight('erase'),
      getErasure: withRight('erase'),
      acknowledgeErasure: FOLLOWERS,
    },
    ...SOURCES,
  },
  publishes: [PERSON_TOPIC],
  reads: [],
  institutionTopics: undefined,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: false,
  receipts: 'check',
  ownKeys: ['page-tokens', 'subject-keys'],
  sharedKeys: ['ssin-index'],
} as const satisfies Service;
