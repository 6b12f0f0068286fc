import type { ServiceName } from './services/index.js';

type Underscored<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Name;

/** The environment variable with the address of a service. */
export type AddressVariable = `${Uppercase<Underscored<ServiceName>>}_ADDRESS`;

export const addressVariableOf = (service: ServiceName): AddressVariable =>
  `${service.toUpperCase().replaceAll('-', '_')}_ADDRESS` as AddressVariable;

/** `source` of the events that a service publishes. */
export const eventSourceOf = (service: string): string => `urn:crossroads:service:${service}`;

/** How a sign-in provider names an application through which citizens sign in: `client_id` of their tokens. */
export const clientIdOf = ({
  enterpriseNumber,
  application,
}: {
  readonly enterpriseNumber: string;
  readonly application: string;
}): string => `${enterpriseNumber}/${application}`;

/** The audience of a token that a service accepts, of an official or of a citizen. */
export const tokenAudienceOf = (service: ServiceName): string => `urn:crossroads:${service}`;
