import { type CitizenClaims, citizenToken } from '@crossroads/client';
import { SIGN_IN_ISSUER } from '../demo/institutions.js';
import { SIGN_IN_KID } from '../demo/set-up.js';
import type { Tour } from './tour.js';

/** A token of the demo's sign-in provider, for one service. */
export const signIn = (
  { network }: Pick<Tour, 'network'>,
  ssin: string,
  service: NonNullable<CitizenClaims['service']>,
): Promise<string> =>
  citizenToken({ issuer: SIGN_IN_ISSUER, ssin, service }, { kid: SIGN_IN_KID, privatePem: network.signInKey });
