import { type Deliberation, DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { type Validity, validityOf } from './validity.js';

/** One grant of a deliberation that was approved, compiled for decisions. */
export interface CompiledGrant extends Validity {
  readonly deliberationId: string;
  readonly revoked: boolean;
  readonly online: boolean;
  readonly subscription: boolean;
  readonly withoutOfficial: boolean;
  readonly dataService: string;
  /** Short arrays, shared between grants: for 100,000 grants, sets would take ten times the memory and as much time. */
  readonly legalContexts: readonly string[];
  readonly fieldGroups: readonly string[];
  readonly inscriptionContexts: readonly string[];
}

/** Interns names and lists of names, because most grants name the same few. Never shrinks. */
export class SharedNames {
  private readonly names = new Map<string, string>();
  private readonly lists = new Map<string, readonly string[]>();

  one(name: string): string {
    const known = this.names.get(name);
    if (known === undefined) this.names.set(name, name);
    return known ?? name;
  }

  /** Without repeats. */
  list(names: readonly string[]): readonly string[] {
    const key = JSON.stringify(names);
    const known = this.lists.get(key);
    if (known) return known;
    const list = [...new Set(names)].map((name) => this.one(name));
    this.lists.set(key, list);
    return list;
  }
}

/** Empty for a deliberation that was never approved. */
export const compileGrants = (deliberation: Deliberation, names: SharedNames): CompiledGrant[] => {
  const { state, deliberationId } = deliberation;
  const revoked = state === DeliberationState.DELIBERATION_STATE_REVOKED;
  if (!revoked && state !== DeliberationState.DELIBERATION_STATE_APPROVED) return [];
  return deliberation.grants.map((grant) => ({
    deliberationId,
    revoked,
    ...validityOf(grant.validity),
    online: grant.online,
    subscription: grant.subscription,
    withoutOfficial: grant.withoutOfficial,
    dataService: names.one(grant.dataService),
    legalContexts: names.list(grant.legalContexts),
    fieldGroups: names.list(grant.fieldGroups),
    inscriptionContexts: names.list(grant.inscriptionContexts),
  }));
};
