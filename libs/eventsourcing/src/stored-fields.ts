import type { Json } from './event-store.js';

const fieldOf = (stored: Json | undefined, name: string): unknown =>
  typeof stored === 'object' && stored !== null && Object.hasOwn(stored, name) ? Reflect.get(stored, name) : undefined;

/** A string of a stored object; undefined when there is none. */
export const optionalText = (stored: Json | undefined, name: string): string | undefined => {
  const value = fieldOf(stored, name);
  return typeof value === 'string' ? value : undefined;
};

/** A string of a stored object. @throws TypeError when it is missing: this service did not write it. */
export const storedText = (stored: Json | undefined, name: string): string => {
  const text = optionalText(stored, name);
  if (text === undefined) throw new TypeError(`the stored event has no ${name}`);
  return text;
};

/** Bytes that are stored as base64; empty when there are none. */
export const storedBytes = (stored: Json | undefined, name: string): Buffer =>
  Buffer.from(optionalText(stored, name) ?? '', 'base64');
