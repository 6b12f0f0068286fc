import type { ServiceName } from './services/index.js';

type Underscored<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Name;

/** The environment variable with the address of a service. */
export type AddressVariable = `${Uppercase<Underscored<ServiceName>>}_ADDRESS`;

export const addressVariableOf = (service: ServiceName): AddressVariable =>
  `${service.toUpperCase().replaceAll('-', '_')}_ADDRESS` as AddressVariable;
