import type { Json } from '@crossroads/eventsourcing';

/** A text of a stored object. @throws TypeError when it is not there: somebody else wrote it. */
export const storedText = (stored: Json | undefined, name: string): string => {
  const value: unknown = typeof stored === 'object' && stored !== null ? Reflect.get(stored, name) : undefined;
  if (typeof value !== 'string') throw new TypeError(`what is stored has no ${name}`);
  return value;
};
