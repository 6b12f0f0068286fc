import { INSTITUTIONS, type Service } from '../service.js';
import { EBOX_ACCESS_TOPIC, EBOX_EVENTS, PERSON_TOPIC } from '../topics.js';

export const ebox = {
  name: 'ebox',
  title: 'the eBox',
  rpcs: {
    // For a citizen: the token of a registered sign-in provider says who reads, not the certificate.
    'crossroads.ebox.v1.MailboxService': {
      listMailboxes: INSTITUTIONS,
      giveConsent: INSTITUTIONS,
      withdrawConsent: INSTITUTIONS,
      listConsents: INSTITUTIONS,
      changePreferences: INSTITUTIONS,
      addDelegate: INSTITUTIONS,
      removeDelegate: INSTITUTIONS,
      listDelegates: INSTITUTIONS,
    },
    'crossroads.ebox.v1.MessageService': {
      listMessages: INSTITUTIONS,
      getMessage: INSTITUTIONS,
      markMessage: INSTITUTIONS,
      hideMessage: INSTITUTIONS,
      downloadDocument: INSTITUTIONS,
    },
    'crossroads.ebox.v1.PublicationService': {
      publishMessage: INSTITUTIONS,
      publishMessages: INSTITUTIONS,
      uploadDocument: INSTITUTIONS,
      listMessageStates: INSTITUTIONS,
      listProviderEvents: INSTITUTIONS,
      listMessageTypes: INSTITUTIONS,
    },
  },
  publishes: [EBOX_ACCESS_TOPIC],
  reads: [PERSON_TOPIC],
  institutionTopics: EBOX_EVENTS,
  administersBroker: false,
  database: true,
  subjectKeys: true,
  storesDocuments: true,
  receipts: 'sign',
  ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms', 'subject-words', 'documents'],
  sharedKeys: [],
} as const satisfies Service;
