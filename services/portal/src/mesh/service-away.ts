import { RemoteError } from '@crossroads/grpc';

/** What a page may have to do without. */
export type Away = 'access-audit' | 'authorization' | 'ebox' | 'person-registry' | 'reference-directory' | 'sign-in';

/** A service of the mesh, or the sign-in provider, does not answer. */
export class ServiceAway extends Error {
  override readonly name = 'ServiceAway';

  constructor(
    readonly service: Away,
    options?: ErrorOptions,
  ) {
    super(`${service} does not answer`, options);
  }
}

/** The value of a part of a page, or what it has to do without. */
export type Part<Value> = { readonly value: Value } | { readonly away: Away };

/** Lets a page show its other parts when a service is away. Any other error is the page's. */
export const partOf = async <Value>(value: Promise<Value>): Promise<Part<Value>> => {
  try {
    return { value: await value };
  } catch (error) {
    if (error instanceof ServiceAway) return { away: error.service };
    throw error;
  }
};

/** Names the service in an error that says it is away. */
export const awayOr = (service: Away, error: unknown): unknown =>
  error instanceof RemoteError && error.isOutage ? new ServiceAway(service, { cause: error }) : error;
