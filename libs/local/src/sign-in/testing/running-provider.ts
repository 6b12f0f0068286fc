import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorFile, CertificateAuthorities, type IdentityFiles, writePrivate } from '../../certificates.js';
import { freePort } from '../../ports.js';
import { demoPeople } from '../../people/index.js';
import type { SignInPerson } from '../accounts.js';
import { portalClient } from '../portal-client.js';
import type { SignInClient, SignInTimes } from '../provider-configuration.js';
import { signInPeople } from '../sign-in-people.js';
import { startSignInProvider } from '../sign-in-provider.js';
import { type Endpoints, FrontEnd } from './front-end.js';

const TRUST_DOMAIN = 'crossroads.test';

/** A provider in this process, with the citizen portal and a second front end. */
export class RunningProvider {
  private constructor(
    private readonly folder: string,
    private readonly authorities: CertificateAuthorities,
    readonly publicKey: KeyObject,
    readonly people: readonly SignInPerson[],
    readonly portal: FrontEnd,
    readonly bank: FrontEnd,
    /** What it printed. */
    readonly lines: readonly string[],
    readonly stop: () => Promise<void>,
  ) {}

  /** `portalPort`: where the back-channel logout goes. */
  static async start(portalPort: number, times: Partial<SignInTimes> = {}): Promise<RunningProvider> {
    const folder = mkdtempSync(join(tmpdir(), 'crossroads-sign-in-'));
    const authorities = await CertificateAuthorities.open(folder, TRUST_DOMAIN);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [port, mtlsPort] = [await freePort(), await freePort()];
    const portal = portalClient(TRUST_DOMAIN, portalPort);
    const bank = bankClient(await freePort());
    const people = await signInPeople(demoPeople());
    const lines: string[] = [];
    const provider = await startSignInProvider({
      port,
      mtlsPort,
      privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      identity: await identity(folder, 'sign-in', await authorities.issueService('sign-in')),
      clientsCa: anchorFile(folder, 'institutions'),
      clients: [portal, bank],
      people: Promise.resolve(people),
      times,
      report: (line) => void lines.push(line),
    });
    const mtls = `https://localhost:${mtlsPort}`;
    const endpoints: Endpoints = { issuer: provider.issuer, pushed: `${mtls}/request`, token: `${mtls}/token` };
    const frontEnd = async (client: SignInClient) =>
      new FrontEnd(
        endpoints,
        client,
        await identity(folder, client.application, await authorities.issueApplication(client)),
      );
    const stop = async () => {
      await provider.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    const [first, second] = [await frontEnd(portal), await frontEnd(bank)];
    return new RunningProvider(folder, authorities, publicKey, people, first, second, lines, stop);
  }

  /** Another certificate of the same application, as after a renewal. */
  async renewed({ client }: FrontEnd): Promise<IdentityFiles> {
    return identity(this.folder, `${client.application}-renewed`, await this.authorities.issueApplication(client));
  }

  /** A certificate that says the same as a front end's, of an authority that nobody trusts. */
  async forged({ client }: FrontEnd): Promise<IdentityFiles> {
    const others = await CertificateAuthorities.create(TRUST_DOMAIN);
    return identity(this.folder, `${client.application}-forged`, await others.issueApplication(client));
  }
}

const bankClient = (port: number): SignInClient => ({
  enterpriseNumber: '0999001218',
  application: 'bank',
  spiffeId: `spiffe://${TRUST_DOMAIN}/institution/0999001218/application/bank`,
  redirectUris: [`http://localhost:${port}/callback`],
  postLogoutRedirectUris: [],
  backChannelLogoutUri: `http://localhost:${port}/logout`,
});

const identity = async (
  folder: string,
  name: string,
  issued: { readonly certificate: string; readonly key: string },
): Promise<IdentityFiles> => {
  const files = {
    certificate: join(folder, `${name}.pem`),
    key: join(folder, `${name}-key.pem`),
    ca: anchorFile(folder, 'services'),
  };
  await writePrivate(files.certificate, issued.certificate);
  await writePrivate(files.key, issued.key);
  return files;
};
