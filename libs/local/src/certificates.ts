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

/** The files of an identity. `ca` is the root certificate of its peers. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

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

/** A development certificate authority: ECDSA P-256, its key in memory or in the data folder. Never for production. */
export class CertificateAuthority {
  private constructor(
    /** PEM of the root. */
    readonly certificate: string,
    private readonly keyPem: string,
    private readonly key: webcrypto.CryptoKey,
    readonly trustDomain: string,
  ) {}

  static async create(trustDomain: string, name = 'Crossroads development CA'): Promise<CertificateAuthority> {
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
    return new CertificateAuthority(
      root.toString('pem'),
      await exportKey(keys.privateKey),
      keys.privateKey,
      trustDomain,
    );
  }

  /** Opens the authority of `folder`, or creates it. */
  static async open(folder: string, trustDomain: string): Promise<CertificateAuthority> {
    const [certificateFile, keyFile] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem')];
    try {
      const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')]);
      return new CertificateAuthority(certificate, key, await importKey(key), trustDomain);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const made = await CertificateAuthority.create(trustDomain);
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writePrivate(keyFile, made.keyPem);
    await writePrivate(certificateFile, made.certificate);
    return made;
  }

  issueApplication({ application, enterpriseNumber, ...validity }: ApplicationSubject): Promise<IssuedCertificate> {
    return this.issue(
      (spki) => [{ O: [enterpriseNumber] }, { OU: [spki] }, { CN: [application] }],
      `spiffe://${this.trustDomain}/institution/${enterpriseNumber}/application/${application}`,
      application,
      validity,
    );
  }

  issueService(name: string, validity: Validity = {}): Promise<IssuedCertificate> {
    return this.issue(() => [{ CN: [name] }], `spiffe://${this.trustDomain}/service/${name}`, name, validity);
  }

  /** The order of the subject is the certificate's; RFC 2253, and so Java and Kafka, print it from the last to the first. */
  private async issue(
    subjectOf: (spki: string) => { [type: string]: string[] }[],
    spiffeId: string,
    host: string,
    { notBefore = new Date(Date.now() - DAY / 24), notAfter = new Date(Date.now() + 825 * DAY) }: Validity,
  ): Promise<IssuedCertificate> {
    const keys = await newKeys();
    const issuer = new X509Certificate(this.certificate);
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: serialNumber(),
        subject: subjectOf(await spkiOfKey(keys.publicKey)),
        issuer: issuer.subjectName,
        notBefore,
        notAfter,
        publicKey: keys.publicKey,
        signingKey: this.key,
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
  authority: CertificateAuthority,
  issue: (authority: CertificateAuthority) => Promise<IssuedCertificate>,
): Promise<IdentityFiles> => {
  const files = {
    certificate: join(folder, `${name}.pem`),
    key: join(folder, `${name}-key.pem`),
    ca: join(folder, 'ca.pem'),
  };
  if (await isFresh(files, authority)) return files;
  const identity = await issue(authority);
  await writePrivate(files.key, identity.key);
  await writePrivate(files.certificate, identity.certificate);
  return files;
};

const isFresh = async (files: IdentityFiles, authority: CertificateAuthority): Promise<boolean> => {
  try {
    const certificate = new NodeCertificate(await readFile(files.certificate));
    await readFile(files.key);
    return (
      certificate.verify(new NodeCertificate(authority.certificate).publicKey) &&
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
  if (!der) throw new Error('the key file of the development CA holds no PEM block');
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
};

/** 127 random bits; the first stays clear so that the number is positive. */
const serialNumber = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
};
