import 'reflect-metadata';
import { createHash, type webcrypto } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { TlsFiles } from '../identity/tls.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

const newKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

export interface LeafOptions {
  /** For example `CN=exchange`, or what makes `CN=desk,OU=…,O=0884303369` of the hash of its key. */
  readonly subject: string | ((spki: string) => string);
  readonly uris: readonly string[];
  readonly notAfter?: Date;
}

/** A certificate authority in a temporary folder, for specs only. */
export class TestAuthority {
  private leaves = 0;

  private constructor(
    private readonly folder: string,
    private readonly root: X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly trusted: string | undefined,
  ) {}

  /** @param trusted PEM file with the authority that its leaves trust. @default its own */
  static async create(name = 'Spec CA', trusted?: string): Promise<TestAuthority> {
    const keys = await newKeys();
    const root = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    });
    const folder = mkdtempSync(join(tmpdir(), 'crossroads-grpc-'));
    writeFileSync(join(folder, 'ca.pem'), root.toString('pem'));
    return new TestAuthority(folder, root, keys, trusted);
  }

  get ownCaFile(): string {
    return join(this.folder, 'ca.pem');
  }

  /** Of what its leaves trust. */
  get caFile(): string {
    return this.trusted ?? this.ownCaFile;
  }

  async leaf({ subject, uris, notAfter = new Date(Date.now() + HOUR_MS) }: LeafOptions): Promise<TlsFiles> {
    const keys = await newKeys();
    const spki = createHash('sha256')
      .update(Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)))
      .digest('base64url');
    const certificate = await X509CertificateGenerator.create({
      subject: typeof subject === 'string' ? subject : subject(spki),
      issuer: this.root.subject,
      notBefore: new Date(Math.min(Date.now(), notAfter.getTime()) - HOUR_MS),
      notAfter,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new SubjectAlternativeNameExtension(uris.map((value) => ({ type: 'url', value })))],
    });
    const base = join(this.folder, String(++this.leaves));
    writeFileSync(`${base}.pem`, certificate.toString('pem'));
    const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
    writeFileSync(`${base}.key`, PemConverter.encode(key, 'PRIVATE KEY'), { mode: 0o600 });
    return { ca: this.caFile, cert: `${base}.pem`, key: `${base}.key` };
  }

  /** An application, with the hash of its key in its subject. */
  institution(enterpriseNumber: string, application = 'desk'): Promise<TlsFiles> {
    return this.leaf({
      subject: (spki) => `CN=${application},OU=${spki},O=${enterpriseNumber}`,
      uris: [`spiffe://crossroads.test/institution/${enterpriseNumber}/application/${application}`],
    });
  }

  service(name: string): Promise<TlsFiles> {
    return this.leaf({ subject: `CN=${name}`, uris: [`spiffe://crossroads.test/service/${name}`] });
  }
}
