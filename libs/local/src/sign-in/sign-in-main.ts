import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import {
  checkSettings,
  fileSetting,
  MeshSettings,
  settingsOf,
  textSetting,
  wholeNumberSetting,
} from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { openPopulation } from '../people/index.js';
import { portalClient } from './portal-client.js';
import { signInPeople } from './sign-in-people.js';
import { startSignInProvider } from './sign-in-provider.js';

class SignInSettings extends settingsOf({
  SIGN_IN_PORT: wholeNumberSetting('HTTP, for browsers', { min: 1, max: 65_535 }),
  SIGN_IN_MTLS_PORT: wholeNumberSetting('HTTPS, for front ends with their certificate', { min: 1, max: 65_535 }),
  SIGN_IN_KEY_FILE: fileSetting('PEM file of the private key of its tokens'),
  INSTITUTIONS_CA_FILE: fileSetting('PEM file of the authority of certificates of front ends'),
  PORTAL_PORT: wholeNumberSetting('where the citizen portal listens', { min: 1, max: 65_535 }),
  PEOPLE: textSetting('folder of the people; absent: generated people').optional(),
}) {}

/** The sign-in provider of one machine. */
checkSettings([MeshSettings, SignInSettings]);
const mesh = new MeshSettings();
const settings = new SignInSettings();
const today = dayOf(new Date());

const provider = await startSignInProvider({
  port: settings.SIGN_IN_PORT,
  mtlsPort: settings.SIGN_IN_MTLS_PORT,
  privatePem: readFileSync(settings.SIGN_IN_KEY_FILE, 'utf8'),
  identity: { certificate: mesh.TLS_CERT_FILE, key: mesh.TLS_KEY_FILE },
  clientsCa: settings.INSTITUTIONS_CA_FILE,
  clients: [portalClient(mesh.CROSSROADS_TRUST_DOMAIN, settings.PORTAL_PORT)],
  people: openPopulation(settings.PEOPLE, today).then(({ people }) => signInPeople(people())),
  mode: mesh.CROSSROADS_MODE,
  report: (line) => void process.stderr.write(`${line}\n`),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void provider.stop().then(() => process.exit(0)));
