import { isEnterpriseNumber } from '@crossroads/identifiers';
import { z } from 'zod';

/** Readers read and mark the mail of an enterprise; managers decide on its consents and preferences, too. */
const ROLES = ['EBOX_READER', 'EBOX_MANAGER'] as const;

type EnterpriseRole = (typeof ROLES)[number];

/** Enterprise numbers, with the roles that somebody has there and that the mesh knows; at least one each. */
export type EnterpriseRoles = ReadonlyMap<string, ReadonlySet<EnterpriseRole>>;

const claim = z.record(z.string(), z.array(z.string())).default({});

/**
 * Reads the claim `enterprise_roles`: `{"0206731645": ["EBOX_READER"]}`. Roles of other systems are ignored.
 * @returns undefined when the claim has another shape
 */
export const enterpriseRolesOf = (raw: unknown): EnterpriseRoles | undefined => {
  const parsed = claim.safeParse(raw);
  if (!parsed.success) return undefined;
  const found = new Map<string, ReadonlySet<EnterpriseRole>>();
  for (const [number, names] of Object.entries(parsed.data)) {
    if (!isEnterpriseNumber(number)) return undefined;
    const roles = ROLES.filter((role) => names.includes(role));
    if (roles.length > 0) found.set(number, new Set(roles));
  }
  return found;
};
