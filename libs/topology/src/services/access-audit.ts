import { type Service, withRight } from '../service.js';
import { ACCESS_TOPICS, PERSON_TOPIC } from '../topics.js';

export const accessAudit = {
  name: 'access-audit',
  title: 'access-audit',
  rpcs: {
    // For a citizen: the token of a registered sign-in provider says whose list it is, not the certificate.
    'crossroads.audit.v1.AuditService': { listAccesses: withRight('portal'), getAccess: withRight('portal') },
    // For a portal, which shows them to whoever asks.
    'crossroads.audit.v1.FiguresService': { listMonthlyFigures: withRight('portal') },
  },
  publishes: [],
  reads: [...ACCESS_TOPICS, PERSON_TOPIC],
  institutionTopics: undefined,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: false,
  receipts: 'none',
  ownKeys: ['page-tokens', 'subject-keys'],
  sharedKeys: [],
} as const satisfies Service;
