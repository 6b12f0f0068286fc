import { Rejection } from '@crossroads/eventsourcing/decider';
import type { DataService, Grant, Term } from './policy-entities.js';

export type PolicyReason =
  | 'KEY_NOT_REGISTERED'
  | 'NOT_AN_ADMINISTRATOR'
  | 'NOT_THE_COMMITTEE'
  | 'NOT_YOUR_KEY'
  | 'NOT_THE_RECIPIENT'
  | 'DECIDER_IS_SUBMITTER'
  | 'DECIDER_IS_RECIPIENT'
  | 'LAST_ADMINISTRATOR'
  | 'UNKNOWN_INSTITUTION'
  | 'KEY_NOT_FOUND'
  | 'KEY_OF_ANOTHER_APPLICATION'
  | 'KEY_WITHDRAWN'
  | 'NOT_YOUR_REPRESENTATION'
  | 'REPRESENTATION_NOT_FOUND'
  | 'END_OUT_OF_RANGE'
  | 'TOO_MANY_KEYS'
  | 'DATA_SERVICE_INCOMPATIBLE'
  | 'UNKNOWN_DATA_SERVICE'
  | 'UNKNOWN_FIELD_GROUP'
  | 'DELIBERATION_NOT_FOUND'
  | 'DELIBERATION_NOT_SUBMITTED'
  | 'DELIBERATION_NOT_APPROVED'
  | 'NO_POLICY_FORK'
  | 'POLICY_CHANGED';

export const reject = (reason: PolicyReason, message: string, metadata?: Readonly<Record<string, string>>) =>
  new Rejection(reason, message, metadata);

/**
 * The committee approved a field group as it was registered: adding paths would release data that nobody granted, removing
 * some would break recipients. New fields therefore go into a new group, other changes into a new major version.
 */
export const requireCompatible = (before: DataService, after: DataService): void => {
  for (const { name, paths } of before.fieldGroups) {
    const now = after.fieldGroups.find((group) => group.name === name);
    if (!now || !sameElements(now.paths, paths))
      throw reject(
        'DATA_SERVICE_INCOMPATIBLE',
        `a registered field group keeps its name and paths; add another group, or register the next major version`,
        { dataService: before.name, fieldGroup: name },
      );
  }
};

const sameElements = (a: readonly string[], b: readonly string[]): boolean =>
  a.every((element) => b.includes(element)) && b.every((element) => a.includes(element));

/** The data service and the field groups of a grant must be registered. */
export const requireGrantable = (grant: Grant, dataServices: ReadonlyMap<string, DataService>): void => {
  for (const fieldGroup of grant.fieldGroups) requireFieldGroup(grant.dataService, fieldGroup, dataServices);
};

/** A data service or a field group that a term explains must be registered. Contexts are in no register. */
export const requireNamed = ({ kind, name }: Term, dataServices: ReadonlyMap<string, DataService>): void => {
  if (kind === 'DATA_SERVICE') requireDataService(name, dataServices);
  if (kind !== 'FIELD_GROUP') return;
  const [dataService = '', fieldGroup = ''] = name.split('/');
  requireFieldGroup(dataService, fieldGroup, dataServices);
};

const requireDataService = (name: string, dataServices: ReadonlyMap<string, DataService>): DataService => {
  const service = dataServices.get(name);
  if (!service)
    throw reject('UNKNOWN_DATA_SERVICE', 'this data service is not registered; register it first', {
      dataService: name,
    });
  return service;
};

const requireFieldGroup = (
  dataService: string,
  fieldGroup: string,
  dataServices: ReadonlyMap<string, DataService>,
): void => {
  const { fieldGroups } = requireDataService(dataService, dataServices);
  if (!fieldGroups.some(({ name }) => name === fieldGroup))
    throw reject('UNKNOWN_FIELD_GROUP', 'this data service has no such field group', { dataService, fieldGroup });
};
