import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A data service as registered in authorization, without its supplier and reporters. */
export interface DataServiceDescription {
  readonly dataService: string;
  readonly title: string;
  readonly jsonSchema: { readonly [key: string]: unknown };
  readonly fieldGroups: readonly { readonly name: string; readonly paths: readonly string[] }[];
}

/** The description that the person registry generates. */
export const personIdentification = (): DataServiceDescription =>
  read('../../../../services/person-registry/data-service.json');

export const employmentWages = (): DataServiceDescription => read('../../data-services/employment.wages.v1.json');

export const socialStatus = (): DataServiceDescription => read('../../data-services/social.status.v1.json');

const read = (path: string): DataServiceDescription => {
  // Authorization validates it at registration.
  const description: unknown = JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8'));
  return description as DataServiceDescription;
};
