import type { BlindIndex } from '@crossroads/privacy';
import type { Sought } from './lookup.js';
import { numberKey } from './number-key.js';

/** An SSIN as it is looked up: under every version of the key. */
export const soughtSsin = (index: BlindIndex, ssin: string): Sought => ({
  numbers: index.indexesOf(ssin).map(numberKey),
});
