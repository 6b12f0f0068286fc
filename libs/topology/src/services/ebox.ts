import { type Service, withRight } from '../service.js';
import { EBOX_ACCESS_TOPIC, EBOX_EVENTS, PERSON_TOPIC } from '../topics.js';

export const ebox = {
  name: 'ebox',
  title: 'the eBox',
  rpcs: {
    // For a citizen: the token of a registered sign-in provider says who reads, not the certificate.
    'crossroads.ebox.v1.MailboxService': {
      listMailboxes: withRight('portal'),
      giveConsent: withRight('portal'),
      withdrawConsent: withRight('portal'),
      listConsents: withRight('portal'),
      changePreferences: withRight('portal'),
      addDelegate: withRight('portal'),
      removeDelegate: withRight('portal'),
      listDelegates: withRight('portal'),
    },
    'crossroads.ebox.v1.MessageService': {
      listMessages: withRight('portal'),
      getMessage: withRight('portal'),
      markMessage: withRight('portal'),
      hideMessage: withRight('portal'),
      downloadDocument: withRight('portal'),
    },
    'crossroads.ebox.v1.PublicationService': {
      publishMessage: withRight('publish'),
      publishMessages: withRight('publish'),
      uploadDocument: withRight('publish'),
      listMessageStates: withRight('publish'),
      listProviderEvents: withRight('publish'),
      listMessageTypes: withRight('publish', 'portal'),
    },
  },
  publishes: [EBOX_ACCESS_TOPIC],
  reads: [PERSON_TOPIC],
  institutionTopics: EBOX_EVENTS,
  servesPages: false,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: true,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms', 'subject-words', 'documents'],
  sharedKeys: [],
} as const satisfies Service;
