import { readFileSync } from 'node:fs';
import { type CitizenClaims, citizenToken } from '../tokens.js';
import { type MeshFile, UsageError } from './mesh-file.js';

/** A token of the provider of this machine, which lets anybody sign in as anybody. */
export const signIn = (mesh: MeshFile, claims: Omit<CitizenClaims, 'issuer'>): Promise<string> => {
  if (!mesh.signIn) throw new UsageError('this mesh has no sign-in provider on this machine');
  const { issuer, privateKey, kid = 'sign-in' } = mesh.signIn;
  return citizenToken({ ...claims, issuer }, { kid, privatePem: readFileSync(privateKey, 'utf8') });
};
