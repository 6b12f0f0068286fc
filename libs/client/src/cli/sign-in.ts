import { SignInFailed } from '@crossroads/openid';
import { accessAudit } from '@crossroads/topology';
import { ChoiceRefused, type DemoChoice } from '../sign-in/demo-browser.js';
import { type CitizenService, demoSignIn } from '../sign-in/demo-sign-in.js';
import { type MeshFile, tlsOf, UsageError } from './mesh-file.js';

/**
 * A token of the provider of this machine, which lets anybody sign in as anybody.
 * @param portal the certificate that will show it
 * @param service that takes the token; absent: access-audit
 */
export const signIn = async (
  mesh: MeshFile,
  portal: string,
  { service = accessAudit.name, ...choice }: DemoChoice & { readonly service?: CitizenService },
): Promise<string> => {
  if (!mesh.signIn) throw new UsageError('this mesh has no sign-in provider on this machine');
  const { issuer } = mesh.signIn;
  try {
    return await demoSignIn({ issuer, tls: tlsOf(mesh, portal) }, choice, service);
  } catch (error) {
    if (error instanceof ChoiceRefused)
      throw new UsageError('--ssin must be a valid number of 11 digits, and --enterprise one of 10 digits.');
    if (error instanceof SignInFailed && error.fault === 'FRONT_END_REFUSED')
      throw new UsageError(`--as ${portal}: the sign-in provider knows no front end with this certificate.`);
    if (error instanceof SignInFailed && error.fault === 'PROVIDER_AWAY')
      throw new UsageError(`The sign-in provider at ${issuer} does not answer: is the mesh running?`);
    throw error;
  }
};
