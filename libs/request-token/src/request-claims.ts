import { exchange, tokenAudienceOf } from '@crossroads/topology';
import { z } from 'zod';

/** Explicit typing (RFC 8725, section 3.11): no other token of an institution's official key passes for one. */
export const TOKEN_TYPE = 'crossroads-request+sd-jwt';

/** Whom a token is for. Sources accept what the exchange hands on. */
export const TOKEN_AUDIENCE: string = tokenAudienceOf(exchange.name);

export const ALGORITHMS: readonly string[] = ['ES256', 'EdDSA'];

export const LIFETIME_S = 300;

/** Who asks, as the institution states it: an opaque id of an official with role and unit, or software by itself. Never a name. */
export type Asker =
  | { readonly kind: 'official'; readonly id: string; readonly role: string; readonly unit?: string | undefined }
  | { readonly kind: 'application'; readonly name: string };

/** One data service asked for. No field groups: all that is granted. */
export interface AskedService {
  readonly dataService: string;
  readonly fieldGroups: readonly string[];
}

/** Names of the claims that are disclosed one by one. */
export const PERSON = 'person';
export const OFFICIAL = 'official';
export const APPLICATION = 'application';
export const serviceClaim = (dataService: string): string => `data_service/${dataService}`;

/** What the source of a data service is shown of a token. */
export const shownToSourceOf = (dataService: string): ReadonlySet<string> =>
  new Set([PERSON, serviceClaim(dataService)]);

const MAX_TEXT = 128;
const text = z.string().min(1).max(MAX_TEXT);
/** Nobody's number stands in the place of an opaque id. */
const opaque = text.refine((id) => !/^\d{11}$/.test(id));

export const payloadSchema = z.object({
  jti: text,
  iat: z.number(),
  exp: z.number(),
  legal_context: text,
  day: text,
  cnf: z.object({ 'x5t#S256': text }),
});

export const officialSchema = z.object({ id: opaque, role: text, unit: text.optional() });
export const applicationSchema = text;
export const personSchema = z.string().regex(/^\d{11}$/);
export const fieldGroupsSchema = z.array(text).max(MAX_TEXT);
