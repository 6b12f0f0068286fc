import type { Json } from '@crossroads/eventsourcing';

/** A string of a stored object. @throws TypeError when it is missing: this service did not write it. */
export const storedText = (stored: Json | undefined, name: string): string => {
  const value: unknown = typeof stored === 'object' && stored !== null ? Reflect.get(stored, name) : undefined;
  if (typeof value !== 'string') throw new TypeError(`the stored event has no ${name}`);
  return value;
};
