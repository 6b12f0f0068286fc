import { createHmac } from 'node:crypto';
import { DELIVERIES } from '@crossroads/topology';

/** The Kafka key of a person in one subscriber's topic: stable there, and of no use to join it with another's. */
export const pseudonymOf = (secret: Buffer, institution: string, personId: string): string =>
  createHmac('sha256', secret).update(`${institution}\n${personId}`).digest('base64url').slice(0, 22);

export const deliveriesTopic = (institution: string): string => `${DELIVERIES.prefix}${institution}.v1`;
