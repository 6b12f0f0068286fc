import { type Deliberation, DeliberationState, type Grant } from '@crossroads/contracts/authorization/v1/policy';
import { type InstitutionName, numberOf } from './institutions.js';

export const IDENTIFICATION = 'person.identification.v1';
export const WAGES = 'employment.wages.v1';
export const STATUSES = 'social.status.v1';

/** The legal context and the inscription context of each recipient. */
export const PURPOSES = {
  'health-fund': { legalContext: 'NIC:INSURABILITY', inscriptionContext: 'NIC:INSURED' },
  'employment-office': { legalContext: 'NEO:UNEMPLOYMENT_BENEFIT', inscriptionContext: 'NEO:CONTROLLED_UNEMPLOYED' },
  'pension-office': { legalContext: 'PENSIONS:AWARD', inscriptionContext: 'PENSIONS:AWARD_FILE' },
  'welfare-office': { legalContext: 'PCSA:SOCIAL_INQUIRY', inscriptionContext: 'PCSA:LIVING_WAGE' },
  // A reporter reads what it corrects by consulting, as everybody.
  'national-register': { legalContext: 'REGISTER:MAINTENANCE', inscriptionContext: 'REGISTER:MAINTAINED' },
} as const satisfies Partial<Record<InstitutionName, unknown>>;

export type Recipient = keyof typeof PURPOSES;

/** Where the committee lets each institution inscribe: for what it receives, and what it reports. */
export const inscriptionContexts = (): readonly (readonly [InstitutionName, string[]])[] => [
  ['health-fund', [PURPOSES['health-fund'].inscriptionContext]],
  ['employment-office', [PURPOSES['employment-office'].inscriptionContext]],
  ['pension-office', [PURPOSES['pension-office'].inscriptionContext]],
  // The second one is in none of its deliberations.
  ['welfare-office', [PURPOSES['welfare-office'].inscriptionContext, 'PCSA:CO_RESIDENT']],
  ['national-register', [PURPOSES['national-register'].inscriptionContext]],
  ['wages-source', ['NSSO:EMPLOYEE']],
];

type Draft = Pick<Deliberation, 'reference' | 'title' | 'recipient' | 'grants'>;

const grant = (
  recipient: Recipient,
  dataService: string,
  fieldGroups: readonly string[],
  how: 'online' | 'subscription',
): Grant => ({
  dataService,
  fieldGroups: [...fieldGroups],
  legalContexts: [PURPOSES[recipient].legalContext],
  inscriptionContexts: [PURPOSES[recipient].inscriptionContext],
  validity: { startDate: { year: 2020, month: 1, day: 1 }, endDate: undefined },
  online: how === 'online',
  subscription: how === 'subscription',
  withoutOfficial: false,
});

/** Drafts for the committee. The welfare office gets neither nationality nor family. */
export const DRAFTS: Readonly<Record<Recipient, Draft>> = {
  'health-fund': {
    reference: '26/001',
    title: 'Changes of identification for health insurance',
    recipient: numberOf('health-fund'),
    grants: [
      grant(
        'health-fund',
        IDENTIFICATION,
        ['name', 'birth', 'gender', 'address', 'municipality', 'civilStatus', 'death'],
        'subscription',
      ),
    ],
  },
  'employment-office': {
    reference: '26/002',
    title: 'Changes of municipality for unemployment benefits',
    recipient: numberOf('employment-office'),
    grants: [grant('employment-office', IDENTIFICATION, ['municipality', 'death'], 'subscription')],
  },
  'pension-office': {
    reference: '26/003',
    title: 'Changes of identification for pensions',
    recipient: numberOf('pension-office'),
    grants: [grant('pension-office', IDENTIFICATION, ['name', 'address', 'municipality', 'death'], 'subscription')],
  },
  'welfare-office': {
    reference: '26/004',
    title: 'Social inquiry for the living wage',
    recipient: numberOf('welfare-office'),
    grants: [
      grant(
        'welfare-office',
        IDENTIFICATION,
        ['name', 'birth', 'gender', 'address', 'municipality', 'civilStatus'],
        'online',
      ),
      grant('welfare-office', WAGES, ['employer', 'amounts'], 'online'),
      grant('welfare-office', STATUSES, ['status'], 'online'),
    ],
  },
  'national-register': {
    reference: '26/005',
    title: 'Maintenance of the identification that it reports',
    recipient: numberOf('national-register'),
    grants: [
      grant(
        'national-register',
        IDENTIFICATION,
        ['name', 'birth', 'gender', 'address', 'civilStatus', 'nationality', 'death', 'family'],
        'online',
      ),
    ],
  },
};

export const toDeliberation = (draft: Draft): Deliberation => ({
  ...draft,
  deliberationId: '',
  state: DeliberationState.DELIBERATION_STATE_UNSPECIFIED,
  decideTime: undefined,
  revokeTime: undefined,
});
