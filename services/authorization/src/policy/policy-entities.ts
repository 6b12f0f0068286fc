import type { Label } from '@crossroads/contracts/text/v1/text';
import type { JsonObject } from '@crossroads/policy';

export type Role = 'ADMINISTRATOR' | 'COMMITTEE';

interface SigningKey {
  readonly kid: string;
  readonly jwk: JsonObject;
}

export interface Institution {
  readonly enterpriseNumber: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly represents: readonly string[];
  /** Those of `represents` that have agreed: it acts for no others. */
  readonly acceptedBy: readonly string[];
  readonly officialKeys: readonly SigningKey[];
}

export interface Application {
  readonly enterpriseNumber: string;
  readonly name: string;
  readonly spkiHashes: readonly string[];
  readonly rights: readonly string[];
  /** ISO 8601. */
  readonly notAfter: string;
}

export interface SignInProvider {
  readonly issuer: string;
  readonly keys: readonly SigningKey[];
  /** At least one. */
  readonly acceptedAcr: readonly string[];
}

interface FieldGroup {
  readonly name: string;
  readonly paths: readonly string[];
}

export interface DataService {
  readonly name: string;
  readonly title: string;
  readonly jsonSchema: JsonObject;
  readonly fieldGroups: readonly FieldGroup[];
  readonly supplier: { readonly source: string; readonly address: string; readonly deadlineMs: number };
  readonly reporters: readonly { readonly enterpriseNumber: string; readonly fieldGroups: readonly string[] }[];
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** As on the wire: both days included, open when absent. Kept in that shape, so that messages share it. */
interface Validity {
  readonly startDate: Day | undefined;
  readonly endDate: Day | undefined;
}

export interface Grant {
  readonly dataService: string;
  readonly fieldGroups: readonly string[];
  readonly legalContexts: readonly string[];
  readonly inscriptionContexts: readonly string[];
  readonly validity: Validity;
  readonly online: boolean;
  readonly subscription: boolean;
  readonly withoutOfficial: boolean;
}

interface Maintenance {
  /** ISO 8601. */
  readonly startTime: string;
  readonly endTime: string;
}

export interface DocumentProvider {
  readonly enterpriseNumber: string;
  /** `host:port`, or empty. */
  readonly address: string;
  readonly serverSpkiHashes: readonly string[];
  readonly apiVersions: readonly string[];
  readonly activity: Validity;
  readonly plannedMaintenance: readonly Maintenance[];
  readonly deadlineMs: number;
}

export interface InscriptionGrant {
  readonly enterpriseNumber: string;
  readonly inscriptionContexts: readonly string[];
  readonly earlierStarts: boolean;
  readonly dailyPersons: { readonly consulted: number; readonly inscribed: number; readonly misses: number };
}

export type TermKind = 'LEGAL_CONTEXT' | 'INSCRIPTION_CONTEXT' | 'DATA_SERVICE' | 'FIELD_GROUP';

export interface Term {
  readonly kind: TermKind;
  /** Of a field group: `<data service>/<field group>`. */
  readonly name: string;
  readonly label: Label;
}

/** What a recipient, or an administrator for it, lays before the committee. */
export interface Draft {
  readonly deliberationId: string;
  readonly reference: string;
  readonly title: string;
  readonly recipient: string;
  readonly grants: readonly Grant[];
}

export type DeliberationState = 'SUBMITTED' | 'APPROVED' | 'REJECTED' | 'REVOKED';

export interface Deliberation extends Draft {
  readonly state: DeliberationState;
  /** Enterprise number. */
  readonly submittedBy: string;
  /** ISO 8601. */
  readonly decideTime?: string;
  readonly revokeTime?: string;
}
