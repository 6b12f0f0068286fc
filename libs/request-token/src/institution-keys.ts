import type { SigningKey } from '@crossroads/contracts/authorization/v1/policy';

/** The official keys with which an institution signs now; none for an institution that is not known. */
export type InstitutionKeys = (enterpriseNumber: string) => readonly SigningKey[];

/** Reads `{ "<enterprise number>": [{ "kid": "…", "jwk": { … } }] }`, for a source that does not follow the policy. @throws SyntaxError */
export const readInstitutionKeys = (json: string): InstitutionKeys => {
  const keys = new Map(Object.entries(JSON.parse(json) as Record<string, readonly SigningKey[]>));
  return (enterpriseNumber) => keys.get(enterpriseNumber) ?? [];
};
