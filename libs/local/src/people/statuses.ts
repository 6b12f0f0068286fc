import type { IsoDay } from '@crossroads/identifiers';
import { type Element, elements, readAnswers, textOf } from './answers.js';
import { byPerson, type SourceFile } from './source-file.js';

/** `social.status.v1`; described in `data-services/social.status.v1.json`. */
export interface Statuses {
  readonly statuses: readonly SocialStatus[];
}

export interface SocialStatus {
  /** As the source names it: `BIM_BVT`, `LIVING_WAGES_PCSA_HELP` … */
  readonly name: string;
  readonly applies: boolean;
  /** Both days inclusive. */
  readonly periods?: readonly { readonly startDate?: string; readonly endDate?: string }[];
}

/** Harmonised social statuses of `SocZek/GeefSociaalStatuut`, by SSIN. */
export const readStatuses = (folder: string, today: IsoDay): Promise<SourceFile<Statuses>> =>
  byPerson(readAnswers(folder, 'SocZek', 'GeefSociaalStatuut'), today, (content) => {
    const statuses = elements(content, 'Persoon', 'SocialeStatuten', 'SociaalStatuut').flatMap(statusOf);
    return { ssin: textOf(content, 'Persoon', 'INSZ'), data: statuses.length > 0 ? { statuses } : undefined };
  });

const statusOf = (status: Element): SocialStatus[] => {
  const name = textOf(status, 'Naam');
  if (name === undefined) return [];
  const periods = elements(status, 'Periodes', 'Periode').map((period) => {
    const [startDate, endDate] = [textOf(period, 'Begindatum'), textOf(period, 'Einddatum')];
    return { ...(startDate ? { startDate } : {}), ...(endDate ? { endDate } : {}) };
  });
  // 1: applies; 0: does not.
  const applies = textOf(status, 'Resultaat', 'Code') === '1';
  return [{ name, applies, ...(periods.length > 0 ? { periods } : {}) }];
};
