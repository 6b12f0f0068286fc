import { readFileSync } from 'node:fs';
import { type CitizenClaims, citizenToken } from '../tokens.js';
import { type MeshFile, tlsOf, UsageError } from './mesh-file.js';

/**
 * A token of the provider of this machine, which lets anybody sign in as anybody.
 * @param portal the certificate that will show it
 */
export const signIn = (
  mesh: MeshFile,
  portal: string,
  claims: Omit<CitizenClaims, 'issuer' | 'certificate'>,
): Promise<string> => {
  if (!mesh.signIn) throw new UsageError('this mesh has no sign-in provider on this machine');
  const { issuer, privateKey, kid = 'sign-in' } = mesh.signIn;
  const certificate = readFileSync(tlsOf(mesh, portal).cert, 'utf8');
  return citizenToken({ ...claims, issuer, certificate }, { kid, privatePem: readFileSync(privateKey, 'utf8') });
};
