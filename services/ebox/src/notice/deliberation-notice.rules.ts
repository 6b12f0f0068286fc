import type { IsoDay } from '@crossroads/identifiers';
import type { CompiledGrant } from '@crossroads/policy/decide';

/** In which context an institution has inscribed a person. */
export interface Inscription {
  readonly institution: string;
  readonly inscriptionContext: string;
}

/** Grants that are in force on a day, or will be. */
export const grantsFrom = (grants: readonly CompiledGrant[], day: IsoDay): CompiledGrant[] =>
  grants.filter(({ revoked, end }) => !revoked && end > day);

/** Which data services a person is told of, and from when on; nothing when the recipient has inscribed them in no context of a grant. */
export const concerning = (
  grants: readonly CompiledGrant[],
  recipient: string,
  inscriptions: readonly Inscription[],
): { readonly dataServices: readonly string[]; readonly start: string } | undefined => {
  const contexts = new Set(
    inscriptions.filter(({ institution }) => institution === recipient).map((one) => one.inscriptionContext),
  );
  const concerned = grants.filter(({ inscriptionContexts }) => inscriptionContexts.some((one) => contexts.has(one)));
  const [first] = concerned.map(({ start }) => start).toSorted();
  if (first === undefined) return undefined;
  return { dataServices: [...new Set(concerned.map(({ dataService }) => dataService))], start: first };
};
