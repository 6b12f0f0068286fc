import type { DataService, Grant } from './entities.js';
import { reject } from './reasons.js';

/**
 * A committee decided on what a group was then: more paths would give recipients what nobody granted, fewer would take away
 * what they build on. So a registered group stays as it is; new fields go into a new group, other changes into a new major.
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

/** What is granted must be there. */
export const requireGrantable = (grant: Grant, dataServices: ReadonlyMap<string, DataService>): void => {
  const service = dataServices.get(grant.dataService);
  if (!service)
    throw reject('UNKNOWN_DATA_SERVICE', 'this data service is not registered', { dataService: grant.dataService });
  for (const fieldGroup of grant.fieldGroups)
    if (!service.fieldGroups.some(({ name }) => name === fieldGroup))
      throw reject('UNKNOWN_FIELD_GROUP', 'this data service has no such field group', {
        dataService: grant.dataService,
        fieldGroup,
      });
};
