import { Role } from '@crossroads/contracts/authorization/v1/policy';

/** An institution of the demo. Its name is invented; its number has valid check digits and belongs to nobody. */
export interface DemoInstitution {
  readonly enterpriseNumber: string;
  readonly name: string;
  readonly roles?: readonly Role[];
}

/** By the name of its certificate in `mesh.json`, which is also the `CN` of its application. */
export const INSTITUTIONS = {
  administrator: {
    enterpriseNumber: '0999000129',
    name: 'Crossroads administration',
    roles: [Role.ROLE_ADMINISTRATOR],
  },
  committee: { enterpriseNumber: '0999000228', name: 'Information Security Committee', roles: [Role.ROLE_COMMITTEE] },
  'national-register': { enterpriseNumber: '0999000327', name: 'National Register' },
  municipality: { enterpriseNumber: '0999000426', name: 'Municipality of Kruispunt' },
  'health-fund': { enterpriseNumber: '0999000525', name: 'Health Insurance Fund' },
  'employment-office': { enterpriseNumber: '0999000624', name: 'Employment Office' },
  'pension-office': { enterpriseNumber: '0999000723', name: 'Pension Office' },
  'welfare-office': { enterpriseNumber: '0999000822', name: 'Public Centre for Social Welfare' },
  'wages-source': { enterpriseNumber: '0999000921', name: 'Social Security Office' },
  'statuses-source': { enterpriseNumber: '0999001020', name: 'Social Status Register' },
  'citizen-portal': { enterpriseNumber: '0999001119', name: 'Citizen portal' },
} as const satisfies Readonly<Record<string, DemoInstitution>>;

export type InstitutionName = keyof typeof INSTITUTIONS;

/** In the order above. */
export const institutionEntries = (): [InstitutionName, DemoInstitution][] =>
  // The keys are those of the constant above.
  Object.entries(INSTITUTIONS) as [InstitutionName, DemoInstitution][];

export const numberOf = (name: InstitutionName): string => INSTITUTIONS[name].enterpriseNumber;
