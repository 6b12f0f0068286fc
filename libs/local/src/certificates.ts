import 'reflect-metadata';
import { createHash, X509Certificate as NodeCertificate, randomBytes, webcrypto } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { codeOf } from './failure.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 60 * 60 * 1000;

/** A certificate with its private key (PKCS#8), both PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** The files of an identity. `ca` holds the authority of services: all connect to those. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** Whose certificates an authority issues. Whoever believes one of them believes no name of the other. */
export const ANCHORS = ['services', 'institutions'] as const;
export type Anchor = (typeof ANCHORS)[number];

/** The PEM file with the authority in a folder. */
export const anchorFile = (folder: string, anchor: Anchor): string => join(folder, `${anchor}-ca.pem`);

export interface Validity {
  /** @default an hour ago, so that clocks may differ a little */
  readonly notBefore?: Date;
  /** @default 825 days from now */
  readonly notAfter?: Date;
}

/** Software of an institution: `CN=<application>,OU=<hash of its key>,O=<enterprise number>`. */
export interface ApplicationSubject extends Validity {
  readonly application: string;
  readonly enterpriseNumber: string;
}

/** A root: ECDSA P-256. */
class Root {
  constructor(
    readonly certificate: string,
    readonly keyPem: string,
    readonly key: webcrypto.CryptoKey,
  ) {}

  static async create(name: string): Promise<Root> {
    const keys = await newKeys();
    const root = await X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: serialNumber(),
        name: [{ CN: [name] }],
        notBefore: new Date(Date.now() - DAY),
        notAfter: new Date(Date.now() + 3650 * DAY),
        signingAlgorithm: ALGORITHM,
        keys,
        extensions: [
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
          await SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      },
      webcrypto,
    );
    return new Root(root.toString('pem'), await exportKey(keys.privateKey), keys.privateKey);
  }

  static async open(folder: string, anchor: Anchor): Promise<Root> {
    const [certificateFile, keyFile] = [anchorFile(folder, anchor), join(folder, `${anchor}-ca-key.pem`)];
    try {
      const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')]);
      return new Root(certificate, key, await importKey(key));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const made = await Root.create(nameOf(anchor));
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writePrivate(keyFile, made.keyPem);
    await writePrivate(certificateFile, made.certificate);
    return made;
  }
}

const nameOf = (anchor: Anchor, name = 'Crossroads development CA'): string => `${name} of ${anchor}`;

/**
 * The development authorities, one for services and one for institutions, their keys in memory or in the data folder. Never for production.
 */
export class CertificateAuthorities {
  private constructor(
    private readonly roots: Readonly<Record<Anchor, Root>>,
    readonly trustDomain: string,
  ) {}

  static async create(trustDomain: string, name?: string): Promise<CertificateAuthorities> {
    const [services, institutions] = await Promise.all(ANCHORS.map((anchor) => Root.create(nameOf(anchor, name))));
    return CertificateAuthorities.of(services, institutions, trustDomain);
  }

  /** Opens the authorities of `folder`, or creates them. */
  static async open(folder: string, trustDomain: string): Promise<CertificateAuthorities> {
    const [services, institutions] = [await Root.open(folder, 'services'), await Root.open(folder, 'institutions')];
    return CertificateAuthorities.of(services, institutions, trustDomain);
  }

  private static of(services: Root | undefined, institutions: Root | undefined, trustDomain: string) {
    if (!services || !institutions) throw new Error('there are two authorities');
    return new CertificateAuthorities({ services, institutions }, trustDomain);
  }

  /** PEM of an authority. */
  certificateOf(anchor: Anchor): string {
    return this.roots[anchor].certificate;
  }

  /** The same authorities with each in the place of the other, for tests of who is believed what. */
  swapped(): CertificateAuthorities {
    const { services, institutions } = this.roots;
    return new CertificateAuthorities({ services: institutions, institutions: services }, this.trustDomain);
  }

  issueApplication({ application, enterpriseNumber, ...validity }: ApplicationSubject): Promise<IssuedCertificate> {
    return this.issue(
      'institutions',
      (spki) => [{ O: [enterpriseNumber] }, { OU: [spki] }, { CN: [application] }],
      `spiffe://${this.trustDomain}/institution/${enterpriseNumber}/application/${application}`,
      application,
      validity,
    );
  }

  issueService(name: string, validity: Validity = {}): Promise<IssuedCertificate> {
    const spiffeId = `spiffe://${this.trustDomain}/service/${name}`;
    return this.issue('services', () => [{ CN: [name] }], spiffeId, name, validity);
  }

  /** The order of the subject is the certificate's; RFC 2253, and so Java and Kafka, print it from the last to the first. */
  private async issue(
    anchor: Anchor,
    subjectOf: (spki: string) => { [type: string]: string[] }[],
    spiffeId: string,
    host: string,
    { notBefore = new Date(Date.now() - DAY / 24), notAfter = new Date(Date.now() + 825 * DAY) }: Validity,
  ): Promise<IssuedCertificate> {
    const keys = await newKeys();
    const issuer = new X509Certificate(this.roots[anchor].certificate);
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: subjectOf(await spkiOfKey(keys.publicKey)),
        issuer: issuer.subjectName,
        notBefore,
        notAfter,
        publicKey: keys.publicKey,
        signingKey: this.roots[anchor].key,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension([
            { type: 'url', value: spiffeId },
            { type: 'dns', value: 'localhost' },
            ...(/^[a-z0-9.-]+$/.test(host) ? [{ type: 'dns' as const, value: host }] : []),
            { type: 'ip', value: '127.0.0.1' },
          ]),
        ],
      },
      webcrypto,
    );
    return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
  }
}

/** base64url SHA-256 of the certificate's SubjectPublicKeyInfo (DER): what an institution registers of its key. */
export const spkiOfPem = (pem: string): string =>
  createHash('sha256')
    .update(new NodeCertificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');

/** The files of the identity `name` in `folder`, issued when they are absent or run out within 30 days. */
export const identityFiles = async (
  folder: string,
  name: string,
  authority: CertificateAuthorities,
  issue: (authority: CertificateAuthorities) => Promise<IssuedCertificate>,
): Promise<IdentityFiles> => {
  const files = {
    certificate: join(folder, `${name}.pem`),
    key: join(folder, `${name}-key.pem`),
    ca: anchorFile(folder, 'services'),
  };
  if (await isFresh(files, authority)) return files;
  const identity = await issue(authority);
  await writePrivate(files.key, identity.key);
  await writePrivate(files.certificate, identity.certificate);
  return files;
};

const isFresh = async (files: IdentityFiles, authority: CertificateAuthorities): Promise<boolean> => {
  try {
    const certificate = new NodeCertificate(await readFile(files.certificate));
    await readFile(files.key);
    return (
      ANCHORS.some((one) => certificate.verify(new NodeCertificate(authority.certificateOf(one)).publicKey)) &&
      Date.parse(certificate.validTo) > Date.now() + 30 * DAY
    );
  } catch {
    return false;
  }
};

/** Writes atomically, with mode 0600 from the start. */
export const writePrivate = async (file: string, content: string): Promise<void> => {
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, content, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, file);
};

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const spkiOfKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  createHash('sha256')
    .update(Buffer.from(await webcrypto.subtle.exportKey('spki', key)))
    .digest('base64url');

const exportKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

const importKey = (pem: string): Promise<webcrypto.CryptoKey> => {
  const [der] = PemConverter.decode(pem);
  if (!der) throw new Error('the key file of a development CA holds no PEM block');
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
};

/** 127 random bits; the first stays clear so that the number is positive. */
const serialNumber = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
};
