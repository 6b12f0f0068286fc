import { readFileSync } from 'node:fs';
import { createSecureContext, type PeerCertificate, type SecureContextOptions } from 'node:tls';
import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js';
import { subjectAlternativeUris } from './peer.js';

/** PEM files: the CA that signs both sides, and this process's certificate and key. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const read = (what: string, file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`the ${what} file ${file} cannot be read; check its path and rights`, { cause });
  }
};

const contextOptions = ({ ca, cert, key }: TlsFiles): SecureContextOptions => ({
  ca: read('CA', ca),
  cert: read('certificate', cert),
  key: read('key', key),
  minVersion: 'TLSv1.3',
});

/** Mutual TLS 1.3, which `ServerCredentials.createSsl` cannot ask for; the files can be read again while connections last. */
export class MutualTlsCredentials extends ServerCredentials {
  constructor(private readonly files: TlsFiles) {
    super({ requestCert: true, rejectUnauthorized: true }, contextOptions(files));
  }

  /** New connections get the new certificate; those that are open keep theirs. @throws Error when the files are no longer good. */
  reload(): void {
    const options = contextOptions(this.files);
    createSecureContext(options);
    this.updateSecureContextOptions(options);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** Whom a client expects at the other end: the URI in the server's certificate, whatever its host is called; with a `/` at its end, what begins with it. */
export const channelCredentials = (files: TlsFiles, expectedUri: string): ChannelCredentials =>
  credentials.createFromSecureContext(createSecureContext(contextOptions(files)), {
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      subjectAlternativeUris(certificate.subjectaltname).some((uri) => isExpected(uri, expectedUri))
        ? undefined
        : new Error(`the server's certificate is not that of ${expectedUri}`),
  });

const isExpected = (uri: string, expected: string): boolean =>
  expected.endsWith('/') ? uri.startsWith(expected) && uri !== expected : uri === expected;
