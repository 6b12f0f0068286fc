import type { ServiceName } from './services/index.js';

/** What the receipts of a service are for. It signs them with a key of its own, which counts for this use alone. */
const USES = {
  exchange: 'consultation',
  subscription: 'delivery',
  ebox: 'opening',
} as const satisfies Partial<Record<ServiceName, string>>;

/** Undefined for a service that signs none. */
export const receiptUseOf = (service: ServiceName): (typeof USES)[keyof typeof USES] | undefined =>
  isSigner(service) ? USES[service] : undefined;

const isSigner = (service: ServiceName): service is keyof typeof USES => service in USES;
