import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ACR_HIGH,
  type CitizenService,
  demoSignIn,
  Institution,
  type MeshAddresses,
  type MeshConnection,
  publicJwk,
} from '@crossroads/client';
import { type Deliberation, DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { MAX_REGISTERED_DAYS } from '@crossroads/topology';
import { type IdentityFiles, spkiOfPem, writePrivate } from '../certificates.js';
import type { LocalMesh } from '../local-mesh.js';
import { PORTAL } from '../sign-in/portal-client.js';
import { SIGN_IN_KID } from '../sign-in/provider-configuration.js';
import { issuerOf } from '../sign-in/sign-in-provider.js';
import { dataServices, type InstitutionAddresses } from './data-services.js';
import { DRAFTS, inscriptionContexts, type Recipient, toDeliberation } from './deliberations.js';
import { INSTITUTIONS, type InstitutionName, institutionEntries, numberOf } from './institutions.js';
import { TERMS } from './terms.js';
import { OFFICIALS_KID, type OfficialsKey, officialsKeyOf, publicPem, signingKey } from './signing-keys.js';

/** Asks in the demo, unless a question names another. */
const OFFICIAL = { id: 'desk-4', role: 'social worker', unit: 'Social inquiries' };

/** The demo network after registration, before any deliberation is approved. */
export interface DemoNetwork {
  /** Clients of the services with the certificate of an institution. `close` closes them. */
  as(name: InstitutionName): Institution;
  connection(name: InstitutionName): MeshConnection;
  /** A token of the sign-in provider of this machine, for the citizen portal: anybody signs in as anybody. */
  signIn(ssin: string, service: CitizenService): Promise<string>;
  close(): void;
}

/** The parts of a mesh that the demo uses. */
export interface DemoHost extends Pick<LocalMesh, 'trustDomain' | 'issueApplication' | 'setSignIn' | 'setOfficials'> {
  readonly folder: Pick<LocalMesh['folder'], 'keys'>;
  readonly ports: Pick<LocalMesh['ports'], 'forInstitutions' | 'signIn'>;
}

const DAY_MS = 86_400_000;

/** The end of a registration of today, on a day as whole as that, so that a repetition changes nothing. */
export const registeredUntil = (): Date =>
  new Date((Math.floor(Date.now() / DAY_MS) + MAX_REGISTERED_DAYS - 1) * DAY_MS);

/** Registers institutions, applications, data services, the sign-in provider and a document provider. Idempotent. */
export const setUpDemo = async (mesh: DemoHost, addresses: InstitutionAddresses): Promise<DemoNetwork> => {
  const certificates = new Map<InstitutionName, IdentityFiles>();
  for (const [name, { enterpriseNumber }] of institutionEntries())
    certificates.set(name, await mesh.issueApplication(name, { application: name, enterpriseNumber }));
  const officials = new Map<InstitutionName, OfficialsKey>();
  for (const [name] of institutionEntries()) officials.set(name, await officialsKeyOf(mesh, name));
  const signInKey = await signingKey(signInKeyFile(mesh));
  const issuer = issuerOf(mesh.ports.signIn);
  const network = networkOf(mesh, certificates, officials);

  const { authorization } = network.as('administrator');
  for (const [name, institution] of institutionEntries()) {
    await authorization.registerInstitution({
      requestId: newRequestId(),
      institution: {
        enterpriseNumber: institution.enterpriseNumber,
        name: institution.name,
        roles: [...(institution.roles ?? [])],
        represents: [],
        acceptedBy: [],
        officialKeys: registeredKeys(officials, name),
      },
    });
    const certificate = readFileSync(certificateOf(certificates, name).certificate, 'utf8');
    await authorization.registerApplication({
      requestId: newRequestId(),
      application: {
        enterpriseNumber: institution.enterpriseNumber,
        name,
        spkiHashes: [spkiOfPem(certificate)],
        rights: [...institution.rights, ...(name === PORTAL ? [`portal:${issuer}`] : [])],
        notAfter: registeredUntil(),
      },
    });
  }
  for (const dataService of dataServices(addresses))
    await authorization.registerDataService({ requestId: newRequestId(), dataService });
  await authorization.registerTerms({ requestId: newRequestId(), terms: [...TERMS] });
  await authorization.registerSignInProvider({
    requestId: newRequestId(),
    signInProvider: {
      issuer,
      keys: [{ kid: SIGN_IN_KID, jwk: { ...(await publicJwk(publicPem(signInKey))) } }],
      acceptedAcr: [ACR_HIGH],
    },
  });
  for (const [name, contexts] of inscriptionContexts())
    await network.as('committee').authorization.grantInscriptions({
      requestId: newRequestId(),
      inscriptionGrant: {
        enterpriseNumber: numberOf(name),
        inscriptionContexts: contexts,
        // They bring the files that they have.
        earlierStarts: true,
        dailyPersons: undefined,
      },
    });
  const { certificate } = certificateOf(certificates, 'pension-office');
  await authorization.registerDocumentProvider({
    requestId: newRequestId(),
    documentProvider: {
      enterpriseNumber: numberOf('pension-office'),
      address: addresses.documents,
      serverSpkiHashes: [spkiOfPem(readFileSync(certificate, 'utf8'))],
      apiVersions: ['v1'],
      activity: undefined,
      plannedMaintenance: [],
      deadlineMs: 0,
    },
  });
  const institutionKeys = Object.fromEntries(
    institutionEntries().map(([name, { enterpriseNumber }]) => [enterpriseNumber, registeredKeys(officials, name)]),
  );
  await writePrivate(institutionKeysFile(mesh), JSON.stringify(institutionKeys));
  await mesh.setOfficials({
    kid: OFFICIALS_KID,
    privateKeys: Object.fromEntries([...officials].map(([name, { file }]) => [name, file])),
    asking: OFFICIAL,
  });
  const publicFile = join(mesh.folder.keys, 'sign-in.public.pem');
  await writePrivate(publicFile, publicPem(signInKey));
  await mesh.setSignIn({ issuer, publicKey: publicFile, algorithm: 'ES256' });
  return network;
};

type OfficialsKeys = ReadonlyMap<InstitutionName, OfficialsKey>;

const keyOf = (officials: OfficialsKeys, name: InstitutionName): OfficialsKey => {
  const key = officials.get(name);
  if (!key) throw new Error(`no official key for ${name}`);
  return key;
};

const registeredKeys = (officials: OfficialsKeys, name: InstitutionName) => [
  { kid: OFFICIALS_KID, jwk: keyOf(officials, name).jwk },
];

/** The private key of the provider's tokens. */
export const signInKeyFile = ({ folder }: { readonly folder: Pick<LocalMesh['folder'], 'keys'> }): string =>
  join(folder.keys, 'sign-in.pem');

/** Where the demo's sources find the official keys of institutions. */
export const institutionKeysFile = ({ folder }: { readonly folder: Pick<LocalMesh['folder'], 'keys'> }): string =>
  join(folder.keys, 'institution-keys.json');

/** The recipient's approved deliberation; submits and approves its draft when there is none. */
export const decidedDeliberation = async (
  network: DemoNetwork,
  recipient: Recipient,
): Promise<{ readonly deliberation: Deliberation; readonly isNew: boolean }> => {
  const { authorization } = network.as('committee');
  const approved = async () => {
    const page = await authorization.listDeliberations({
      recipient: numberOf(recipient),
      pageSize: 1_000,
      pageToken: '',
    });
    return page.deliberations.find(
      ({ state, reference }) =>
        state === DeliberationState.DELIBERATION_STATE_APPROVED && reference === DRAFTS[recipient].reference,
    );
  };
  const existing = await approved();
  if (existing) return { deliberation: existing, isNew: false };
  const { deliberationId } = await network.as(recipient).authorization.submitDeliberation({
    requestId: newRequestId(),
    deliberation: toDeliberation(DRAFTS[recipient]),
  });
  await authorization.decideDeliberation({
    requestId: newRequestId(),
    deliberationId,
    approve: true,
    reason: 'proportionate',
  });
  const decided = await approved();
  if (!decided) throw new Error(`the deliberation for ${recipient} was approved but is not listed`);
  return { deliberation: decided, isNew: true };
};

const networkOf = (
  mesh: DemoHost,
  certificates: ReadonlyMap<InstitutionName, IdentityFiles>,
  officials: OfficialsKeys,
): DemoNetwork => {
  const connected = new Map<InstitutionName, Institution>();
  const { forInstitutions } = mesh.ports;
  const connection = (name: InstitutionName): MeshConnection => {
    const { ca, certificate, key } = certificateOf(certificates, name);
    return {
      tls: { ca, cert: certificate, key },
      trustDomain: mesh.trustDomain,
      requestKey: { kid: OFFICIALS_KID, privatePem: keyOf(officials, name).privatePem },
      official: OFFICIAL,
      addresses: Object.fromEntries(
        Object.entries(forInstitutions).map(([service, port]) => [service, `localhost:${port}`]),
      ) as MeshAddresses,
    };
  };
  return {
    as: (name) => {
      const known = connected.get(name);
      if (known) return known;
      const institution = new Institution(connection(name));
      connected.set(name, institution);
      return institution;
    },
    connection,
    signIn: (ssin, service) =>
      demoSignIn({ issuer: issuerOf(mesh.ports.signIn), tls: connection(PORTAL).tls }, { ssin }, service),
    close: () => {
      for (const institution of connected.values()) institution.close();
    },
  };
};

const certificateOf = (
  certificates: ReadonlyMap<InstitutionName, IdentityFiles>,
  name: InstitutionName,
): IdentityFiles => {
  const found = certificates.get(name);
  if (!found) throw new Error(`no certificate for ${INSTITUTIONS[name].name}`);
  return found;
};

/** Reads an ES256 key from the data folder, or creates it there. */
