import { CLI_CALLBACK } from '@crossroads/client';
import { numberOf } from '../demo/institutions.js';
import type { SignInClient } from './provider-configuration.js';

/** The institution, and its application, through which citizens sign in. */
export const PORTAL = 'citizen-portal';

/** The subject of its certificate. */
export const PORTAL_APPLICATION = { application: PORTAL, enterpriseNumber: numberOf(PORTAL) } as const;

/** What the provider knows of the citizen portal, and of the command, which signs in with the certificate of the portal. */
export const portalClient = (trustDomain: string, portalPort: number): SignInClient => {
  const [enterpriseNumber, portal] = [numberOf(PORTAL), `http://localhost:${portalPort}`];
  return {
    enterpriseNumber,
    application: PORTAL,
    spiffeId: `spiffe://${trustDomain}/institution/${enterpriseNumber}/application/${PORTAL}`,
    redirectUris: [`${portal}/sign-in/callback`, CLI_CALLBACK],
    postLogoutRedirectUris: [`${portal}/signed-out`],
    backChannelLogoutUri: `${portal}/sign-in/back-channel-logout`,
  };
};
