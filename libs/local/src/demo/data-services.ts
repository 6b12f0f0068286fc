import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataService, Reporter } from '@crossroads/contracts/authorization/v1/policy';
import { numberOf } from './institutions.js';

/** A data service as it is described in a file: what it is, not who supplies it here. */
interface Described {
  readonly dataService: string;
  readonly title: string;
  readonly jsonSchema: { readonly [key: string]: unknown };
  readonly fieldGroups: readonly { readonly name: string; readonly paths: readonly string[] }[];
}

/** The registry describes its own data service; wages and statuses are those of the demo's sources. */
export const dataServices = (
  root: string,
  registryPort: number,
  sources: { readonly wages: string; readonly statuses: string },
): DataService[] => {
  const identification = described(join(root, 'services', 'person-registry', 'data-service.json'));
  const wages = described(join(root, 'libs', 'local', 'src', 'people', 'wages.data-service.json'));
  const statuses = described(join(root, 'libs', 'local', 'src', 'people', 'statuses.data-service.json'));
  const all = ({ fieldGroups }: Described) => fieldGroups.map(({ name }) => name);
  return [
    registered(identification, 'service:person-registry', `localhost:${registryPort}`, [
      { enterpriseNumber: numberOf('national-register'), fieldGroups: all(identification) },
      {
        enterpriseNumber: numberOf('municipality'),
        fieldGroups: all(identification).filter((group) => ['address', 'municipality', 'civilStatus'].includes(group)),
      },
    ]),
    registered(wages, numberOf('wages-source'), sources.wages, [
      { enterpriseNumber: numberOf('wages-source'), fieldGroups: all(wages) },
    ]),
    registered(statuses, numberOf('statuses-source'), sources.statuses, [
      { enterpriseNumber: numberOf('statuses-source'), fieldGroups: all(statuses) },
    ]),
  ];
};

const described = (file: string): Described => {
  // A file of this repository, whose shape the registration checks.
  const content: Described = JSON.parse(readFileSync(file, 'utf8'));
  return content;
};

const registered = (
  { dataService, title, jsonSchema, fieldGroups }: Described,
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
