import type { TlsFiles } from '@crossroads/grpc';
import { type CitizenService, CitizenSignIn } from './citizen-sign-in.js';
import { chooseAtDemoProvider, CLI_CALLBACK, type DemoChoice } from './demo-browser.js';

/** Signs somebody in at the provider of one machine, which lets anybody sign in as anybody. Resolves to a token for the service. */
export const demoSignIn = async (
  { issuer, tls }: { readonly issuer: string; readonly tls: TlsFiles },
  choice: DemoChoice,
  service: CitizenService,
): Promise<string> => {
  const signIn = await CitizenSignIn.discover({ issuer, tls, redirectUri: CLI_CALLBACK });
  const { url, pending } = await signIn.begin({ services: [service] });
  const callback = await chooseAtDemoProvider(url, CLI_CALLBACK, choice);
  return (await signIn.finish(callback, pending, service)).accessToken;
};
