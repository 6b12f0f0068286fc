import {
  AccessKind,
  AccessResult,
  ConsultationStatus,
  MailReader,
  type MailOpening,
} from '@crossroads/contracts/access/v1/access_record';
import { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { ProposalKind, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import type { Language } from '../text/language.js';
import { Vocabulary, wordsByName } from '../vocabulary/vocabulary.js';

const text = (nl: string, fr: string, de: string, en: string) => ({ nl, fr, de, en });
const label = (phrase: ReturnType<typeof text>) => ({ name: phrase, phrase, description: phrase });

/** Words of a small policy. */
const EXAMPLE_WORDS = GetVocabularyResponse.fromPartial({
  policyRevision: 1n,
  institutions: [{ enterpriseNumber: '0999000624', name: 'Employment Office' }],
  terms: [
    {
      kind: TermKind.TERM_KIND_LEGAL_CONTEXT,
      name: 'NEO:UNEMPLOYMENT_BENEFIT',
      label: label(
        text(
          'om te beslissen over een werkloosheidsuitkering',
          'pour décider d’allocations de chômage',
          'um über Arbeitslosengeld zu entscheiden',
          'to decide on unemployment benefits',
        ),
      ),
    },
    {
      kind: TermKind.TERM_KIND_FIELD_GROUP,
      name: 'person.identification.v1/address',
      label: label(text('uw adres', 'votre adresse', 'Ihre Adresse', 'your address')),
    },
    {
      kind: TermKind.TERM_KIND_FIELD_GROUP,
      name: 'person.identification.v1/household',
      label: label(text('uw gezin', 'votre ménage', 'Ihren Haushalt', 'your household')),
    },
    {
      kind: TermKind.TERM_KIND_DATA_SERVICE,
      name: 'person.identification.v1',
      label: label(text('uw identiteit', 'votre identité', 'Ihre Identität', 'your identification')),
    },
    {
      kind: TermKind.TERM_KIND_INSCRIPTION_CONTEXT,
      name: 'NEO:CONTROLLED_UNEMPLOYED',
      label: label(
        text('als werkloze', 'comme personne sans emploi', 'als arbeitslose Person', 'as somebody who is unemployed'),
      ),
    },
  ],
  dataServices: [
    { dataService: 'person.identification.v1', title: 'Identification', source: 'service:person-registry' },
  ],
  reasons: [
    {
      reason: 'NOT_INSCRIBED',
      label: label(
        text(
          'ze heeft geen dossier over u',
          'elle n’a pas de dossier sur vous',
          'sie führt keine Akte über Sie',
          'it has no file on you',
        ),
      ),
    },
  ],
});

export const exampleVocabulary = (language: Language): Vocabulary =>
  new Vocabulary(wordsByName(EXAMPLE_WORDS), language);

export const LINE_ID = '01939a5e-7000-7000-8000-000000000001';

/** A look of the Employment Office at address and household. */
export const exampleAccess = (changes: Parameters<typeof Access.fromPartial>[0] = {}): Access =>
  Access.fromPartial({
    journalId: LINE_ID,
    ticket: '01939a5e-7000-7000-8000-0000000000aa',
    kind: AccessKind.ACCESS_KIND_CONSULTATION,
    customer: '0999000624',
    customerName: 'Employment Office',
    peer: '0999000624',
    application: 'employment-office',
    officialRole: 'benefits clerk',
    legalContext: 'NEO:UNEMPLOYMENT_BENEFIT',
    time: new Date('2026-11-03T13:05:00Z'),
    result: AccessResult.ACCESS_RESULT_ANSWERED,
    concluded: true,
    services: [
      {
        dataService: 'person.identification.v1',
        status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
        fieldGroups: ['address', 'household'],
        deliberationId: '7a2f6f3e-5d1b-4c55-9a10-1f5e0c0a2b11',
        deliberationReference: '26/002',
      },
    ],
    ...changes,
  });

const { ACCESS_RESULT_ANSWERED, ACCESS_RESULT_REFUSED, ACCESS_RESULT_OUTCOME_UNKNOWN } = AccessResult;
const RESULTS = [ACCESS_RESULT_ANSWERED, ACCESS_RESULT_REFUSED, ACCESS_RESULT_OUTCOME_UNKNOWN];
const STATUSES = [
  ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
  ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND,
  ConsultationStatus.CONSULTATION_STATUS_NO_RESULT,
];
const KINDS = [
  AccessKind.ACCESS_KIND_UNSPECIFIED,
  AccessKind.ACCESS_KIND_CONSULTATION,
  AccessKind.ACCESS_KIND_DELIVERY,
  AccessKind.ACCESS_KIND_INSCRIPTION,
  AccessKind.ACCESS_KIND_INSCRIPTION_END,
];
const READERS = [
  MailReader.MAIL_READER_OWNER,
  MailReader.MAIL_READER_DELEGATE,
  MailReader.MAIL_READER_ENTERPRISE_READER,
];
const MAIL: readonly Partial<MailOpening>[] = [
  {},
  { messageId: 'm', sender: '0999000624' },
  { messageId: 'm', documentId: 'd', sender: '0999000624' },
];
const STEPS = [
  ProposalStep.PROPOSAL_STEP_PROPOSED,
  ProposalStep.PROPOSAL_STEP_CONFIRMED,
  ProposalStep.PROPOSAL_STEP_EFFECTIVE,
  ProposalStep.PROPOSAL_STEP_CONTESTED,
  ProposalStep.PROPOSAL_STEP_LAPSED,
  ProposalStep.PROPOSAL_STEP_UNSPECIFIED,
];
const INSCRIPTION = {
  context: 'NEO:CONTROLLED_UNEMPLOYED',
  period: { startDate: { year: 2026, month: 3, day: 1 } },
};

/** Each kind with each end, and lines of which little is known. */
export const everyAccess = (): readonly Access[] => [
  ...KINDS.flatMap((kind) =>
    RESULTS.flatMap((result) =>
      STATUSES.map((status) =>
        exampleAccess({
          kind,
          result,
          reason: result === ACCESS_RESULT_REFUSED ? 'NOT_INSCRIBED' : '',
          inscription: INSCRIPTION,
          services: [
            { dataService: 'person.identification.v1', fieldGroups: ['address'], status, reason: 'NOT_INSCRIBED' },
          ],
        }),
      ),
    ),
  ),
  ...KINDS.map((kind) => exampleAccess({ kind, concluded: false, result: AccessResult.ACCESS_RESULT_UNSPECIFIED })),
  ...KINDS.flatMap((kind) =>
    RESULTS.map((result) =>
      Access.fromPartial({ journalId: LINE_ID, kind, result, concluded: true, time: new Date(0) }),
    ),
  ),
  ...['', 'access-audit', 'person-registry', 'reference-directory', 'a-later-service'].map((ownDataOf) =>
    exampleAccess({ kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION, customer: '', customerName: '', ownDataOf }),
  ),
  ...READERS.flatMap((reader) =>
    MAIL.flatMap((mail) =>
      RESULTS.map((result) =>
        exampleAccess({ kind: AccessKind.ACCESS_KIND_MAIL_OPENING, result, mail: { ...mail, reader } }),
      ),
    ),
  ),
  ...[ProposalKind.PROPOSAL_KIND_MERGE, ProposalKind.PROPOSAL_KIND_CANCELLATION].flatMap((kind) =>
    STEPS.flatMap((step) => [false, true].map((byPerson) => proposalAccess({ kind, step, byPerson }))),
  ),
  Access.fromPartial({ journalId: LINE_ID, time: new Date(0), concluded: true, erased: true }),
  exampleAccess({ customer: '0999000999', customerName: '', legalContext: 'PCSA:CURIOSITY' }),
  exampleAccess({ customer: 'service:person-registry', customerName: '' }),
];

export const PROPOSAL_ID = '01939a5e-7000-7000-8000-0000000000bb';

export const proposalAccess = (
  proposal: { kind?: ProposalKind; step: ProposalStep; byPerson?: boolean; effectiveTime?: Date },
  changes: Parameters<typeof exampleAccess>[0] = {},
): Access =>
  exampleAccess({
    kind: AccessKind.ACCESS_KIND_NUMBER_PROPOSAL,
    services: [],
    legalContext: '',
    ticket: PROPOSAL_ID,
    proposal: {
      proposalId: PROPOSAL_ID,
      kind: ProposalKind.PROPOSAL_KIND_MERGE,
      byPerson: false,
      ...proposal,
    },
    ...changes,
  });
