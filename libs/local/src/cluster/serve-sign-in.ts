import { demoPeople } from '../people/index.js';
import { signInKeyFile } from '../demo/set-up.js';
import { signingKey } from '../demo/signing-keys.js';
import { portalClient } from '../sign-in/portal-client.js';
import { signInPeople } from '../sign-in/sign-in-people.js';
import { startSignInProvider } from '../sign-in/sign-in-provider.js';
import type { ClusterMesh } from './cluster-mesh.js';

/** The provider whose key `demo` registers. It runs on this machine until it is stopped: only browsers and the command call it. */
export const serveSignIn = async (mesh: ClusterMesh): Promise<void> => {
  const { signIn, signInMtls, portal } = mesh.ports;
  const provider = await startSignInProvider({
    port: signIn,
    mtlsPort: signInMtls,
    privatePem: await signingKey(signInKeyFile(mesh)),
    identity: await mesh.signInIdentity(),
    clientsCa: mesh.authorities.institutions,
    clients: [portalClient(mesh.trustDomain, portal)],
    people: signInPeople(demoPeople()),
    mode: process.env['CROSSROADS_MODE'],
    report: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stderr.write(`Citizens sign in at ${provider.issuer} until Ctrl-C.\n`);
};
