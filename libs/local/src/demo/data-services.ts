import type { DataService, Reporter } from '@crossroads/contracts/authorization/v1/policy';
import { personRegistry } from '@crossroads/topology';
import { type DataServiceDescription, employmentWages, personIdentification, socialStatus } from '../people/index.js';
import { type InstitutionName, numberOf } from './institutions.js';

/** `host:port` of what the demo's institutions serve. */
export interface InstitutionAddresses {
  readonly registry: string;
  readonly wages: string;
  readonly statuses: string;
  /** The documents of the pension office; empty: it uploads all of them. */
  readonly documents: string;
}

const MUNICIPALITY_REPORTS = ['address', 'municipality', 'civilStatus'];

/** The data services to register, each with its supplier and with the institutions that report changes. */
export const dataServices = (addresses: InstitutionAddresses): DataService[] => {
  const [identification, wages, statuses] = [personIdentification(), employmentWages(), socialStatus()];
  return [
    registered(identification, `service:${personRegistry.name}`, addresses.registry, [
      reporter('national-register', identification, () => true),
      reporter('municipality', identification, (group) => MUNICIPALITY_REPORTS.includes(group)),
    ]),
    registered(wages, numberOf('wages-source'), addresses.wages, [reporter('wages-source', wages, () => true)]),
    registered(statuses, numberOf('statuses-source'), addresses.statuses, [
      reporter('statuses-source', statuses, () => true),
    ]),
  ];
};

const reporter = (
  name: InstitutionName,
  { fieldGroups }: DataServiceDescription,
  reports: (group: string) => boolean,
): Reporter => ({
  enterpriseNumber: numberOf(name),
  fieldGroups: fieldGroups.map((group) => group.name).filter(reports),
});

const registered = (
  { dataService, title, jsonSchema, fieldGroups }: DataServiceDescription,
  source: string,
  address: string,
  reporters: Reporter[],
): DataService => ({
  dataService,
  title,
  jsonSchema: { ...jsonSchema },
  fieldGroups: fieldGroups.map(({ name, paths }) => ({ name, paths: [...paths] })),
  supplier: { source, address, deadlineMs: 0 },
  reporters,
});
