import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Json } from '@crossroads/eventsourcing';
import { dayOf } from '@crossroads/identifiers';
import { type AccessStep, entryOf } from './access-entry.js';

/** What is added to the figures of an institution and month. */
export interface Counted {
  /** The first day of the month in Brussels. */
  readonly month: string;
  readonly customer: string;
  readonly consultations: number;
  readonly refusedConsultations: number;
  readonly deliveries: number;
  readonly inscriptions: number;
}

/** Of new lines of persons' lists, in an order that is the same for all writers. @param lines the first step of each */
export const countedIn = (lines: readonly AccessStep[]): Counted[] => {
  const counted = new Map<string, Counted>();
  for (const step of lines) {
    const one = countedOf(step);
    if (one === undefined) continue;
    const key = keyOf(one);
    const before = counted.get(key);
    counted.set(key, before === undefined ? one : sumOf(before, one));
  }
  return [...counted.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

export const countedToStored = (counted: readonly Counted[]) =>
  ({ counted: counted.map((one) => ({ ...one })) }) satisfies Json;

// Written by `countedToStored` above.
export const countedFromStored = (stored: Json): readonly Counted[] =>
  (stored as unknown as { readonly counted: readonly Counted[] }).counted;

const keyOf = ({ month, customer }: Counted): string => `${month}/${customer}`;

/** Undefined when no figure counts it. */
const countedOf = (step: AccessStep): Counted | undefined => {
  const entry = entryOf([step], false);
  if (entry === undefined) return undefined;
  const [{ ask }] = entry.releases;
  const isConsultation = ask.kind === AccessKind.ACCESS_KIND_CONSULTATION;
  const isDelivery = ask.kind === AccessKind.ACCESS_KIND_DELIVERY;
  const isInscription = ask.kind === AccessKind.ACCESS_KIND_INSCRIPTION;
  if (!isConsultation && !isDelivery && !isInscription) return undefined;
  const isRefused = isConsultation && entry.outcome?.result === AccessResult.ACCESS_RESULT_REFUSED;
  return {
    month: `${dayOf(ask.time ?? new Date(0)).slice(0, 7)}-01`,
    customer: ask.customer,
    consultations: Number(isConsultation),
    refusedConsultations: Number(isRefused),
    deliveries: Number(isDelivery),
    inscriptions: Number(isInscription),
  };
};

const sumOf = (a: Counted, b: Counted): Counted => ({
  ...a,
  consultations: a.consultations + b.consultations,
  refusedConsultations: a.refusedConsultations + b.refusedConsultations,
  deliveries: a.deliveries + b.deliveries,
  inscriptions: a.inscriptions + b.inscriptions,
});
