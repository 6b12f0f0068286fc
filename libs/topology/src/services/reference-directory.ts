import { type Service, withRight } from '../service.js';
import { DIRECTORY_ACCESS_TOPIC, PERSON_TOPIC } from '../topics.js';

/** The services that ask whether an institution has a file on a person. */
const CHECKERS = ['service:exchange', 'service:subscription', 'service:access-audit', 'service:ebox'] as const;

export const referenceDirectory = {
  name: 'reference-directory',
  title: 'the reference directory',
  rpcs: {
    'crossroads.directory.v1.DirectoryService': {
      inscribe: withRight('inscribe'),
      uninscribe: withRight('inscribe'),
      inscribeFile: withRight('inscribe'),
      listInscriptions: withRight('inscribe'),
      check: CHECKERS,
      batchCheck: CHECKERS,
      listInscribedPersons: ['service:subscription'],
    },
    // For a citizen: the token of a registered sign-in provider says who it is, not the certificate.
    'crossroads.directory.v1.CitizenService': { listOwnInscriptions: withRight('portal') },
  },
  publishes: [DIRECTORY_ACCESS_TOPIC],
  reads: [PERSON_TOPIC],
  institutionTopics: undefined,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: false,
  storesDocuments: false,
  receipts: 'none',
  ownKeys: ['page-tokens'],
  sharedKeys: ['ssin-index'],
} as const satisfies Service;
