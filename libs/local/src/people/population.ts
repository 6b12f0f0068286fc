import type { IsoDay } from '@crossroads/identifiers';
import { demoPeople, demoStatuses, demoWages } from './demo-people.js';
import { type PersonRecord, readPersonFolder } from './person-folder.js';
import { readStatuses, type Statuses } from './statuses.js';
import { readWages, type Wages } from './wages.js';

/** The people of the demo, and the data that two authentic sources have about some of them, by SSIN. */
export interface Population {
  readonly people: () => AsyncIterable<PersonRecord>;
  readonly wages: ReadonlyMap<string, Wages>;
  readonly statuses: ReadonlyMap<string, Statuses>;
}

/** Reads the population of a folder, or generates one when no folder is given. `today` is the day in Brussels. */
export const openPopulation = async (folder: string | undefined, today: IsoDay): Promise<Population> => {
  if (folder === undefined) return { people: demoPeople, wages: demoWages(), statuses: demoStatuses() };
  const [wages, statuses] = await Promise.all([readWages(folder, today), readStatuses(folder, today)]);
  return { people: () => readPersonFolder(folder, today), wages: wages.bySsin, statuses: statuses.bySsin };
};
