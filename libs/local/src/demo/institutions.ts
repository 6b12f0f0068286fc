import { Role } from '@crossroads/contracts/authorization/v1/policy';

/** An institution of the demo. Its name is invented; its number has valid check digits and belongs to nobody. */
export interface DemoInstitution {
  readonly enterpriseNumber: string;
  readonly name: string;
  readonly roles?: readonly Role[];
  /** Of its application. */
  readonly rights: readonly string[];
}

/** Of who receives data. */
const RECIPIENT = ['consult', 'inscribe', 'subscribe', 'propose', 'entrust'] as const;

/** By the name of its certificate in `mesh.json`, which is also the `CN` of its application. */
export const INSTITUTIONS = {
  administrator: {
    enterpriseNumber: '0999000129',
    name: 'Crossroads administration',
    roles: [Role.ROLE_ADMINISTRATOR],
    rights: ['administer'],
  },
  committee: {
    enterpriseNumber: '0999000228',
    name: 'Information Security Committee',
    roles: [Role.ROLE_COMMITTEE],
    rights: ['decide'],
  },
  'national-register': {
    enterpriseNumber: '0999000327',
    name: 'National Register',
    rights: ['consult', 'inscribe', 'report:person.identification.v1:*', 'import', 'numbers', 'erase', 'propose'],
  },
  municipality: {
    enterpriseNumber: '0999000426',
    name: 'Municipality of Kruispunt',
    rights: ['report:person.identification.v1:address,municipality,civilStatus', 'numbers', 'erase'],
  },
  'health-fund': { enterpriseNumber: '0999000525', name: 'Health Insurance Fund', rights: RECIPIENT },
  'employment-office': { enterpriseNumber: '0999000624', name: 'Employment Office', rights: RECIPIENT },
  'pension-office': { enterpriseNumber: '0999000723', name: 'Pension Office', rights: [...RECIPIENT, 'publish'] },
  'welfare-office': {
    enterpriseNumber: '0999000822',
    name: 'Public Centre for Social Welfare',
    rights: RECIPIENT,
  },
  'wages-source': {
    enterpriseNumber: '0999000921',
    name: 'Social Security Office',
    rights: ['inscribe', 'supply:employment.wages.v1', 'report:employment.wages.v1:*'],
  },
  'statuses-source': {
    enterpriseNumber: '0999001020',
    name: 'Social Status Register',
    rights: ['supply:social.status.v1', 'report:social.status.v1:*'],
  },
  'citizen-portal': {
    enterpriseNumber: '0999001119',
    name: 'Citizen portal',
    // Besides: `portal:<issuer>`, of the sign-in provider of this mesh.
    rights: [],
  },
} as const satisfies Readonly<Record<string, DemoInstitution>>;

export type InstitutionName = keyof typeof INSTITUTIONS;

/** In the order above. */
export const institutionEntries = (): [InstitutionName, DemoInstitution][] =>
  // The keys are those of the constant above.
  Object.entries(INSTITUTIONS) as [InstitutionName, DemoInstitution][];

export const numberOf = (name: InstitutionName): string => INSTITUTIONS[name].enterpriseNumber;
