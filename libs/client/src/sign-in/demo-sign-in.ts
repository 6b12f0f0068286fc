import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { applicationIn, type TlsFiles } from '@crossroads/grpc';
import { SignInClient } from '@crossroads/openid';
import {
  type accessAudit,
  clientIdOf,
  type ebox,
  type personRegistry,
  type referenceDirectory,
  tokenAudienceOf,
} from '@crossroads/topology';
import { chooseAtDemoProvider, CLI_CALLBACK, type DemoChoice } from './demo-browser.js';

/** A level of assurance of eIDAS: that of an identity card. */
export const ACR_HIGH = 'http://eidas.europa.eu/LoA/high';

/** A service that citizens call. */
export type CitizenService =
  | typeof accessAudit.name
  | typeof ebox.name
  | typeof personRegistry.name
  | typeof referenceDirectory.name;

/**
 * Signs somebody in at the provider of one machine, which lets anybody sign in as anybody. Resolves to a token for one service, which works
 * over connections with this certificate only.
 * @param front the issuer of the provider, and the certificate of the front end with the authority of the provider's
 * @throws SignInFailed, ChoiceRefused
 */
export const demoSignIn = async (
  { issuer, tls }: { readonly issuer: string; readonly tls: TlsFiles },
  choice: DemoChoice,
  service: CitizenService,
): Promise<string> => {
  const audience = tokenAudienceOf(service);
  const client = new SignInClient({
    issuer,
    clientId: clientIdOf(applicationIn(new X509Certificate(readFileSync(tls.cert)))),
    redirectUri: CLI_CALLBACK,
    acr: ACR_HIGH,
    maxAgeS: 60,
    audiences: [audience],
    tls,
  });
  const { url, pending } = await client.begin('en');
  const callback = await chooseAtDemoProvider(url, CLI_CALLBACK, choice);
  const { refreshToken } = await client.complete(callback.search.slice(1), pending);
  return (await client.accessToken(refreshToken, audience)).token;
};
