import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANCHORS, CertificateAuthorities, type IssuedCertificate, identityFiles, spkiOfPem } from './certificates.js';

const NUMBER = '0999000426';

describe('the development CA', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-ca-'));
  let ca: CertificateAuthorities;

  beforeAll(async () => {
    ca = await CertificateAuthorities.open(folder, 'crossroads.test');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('the certificate of an application has the institution in its subject and URI', async () => {
    const { certificate, key } = await ca.issueApplication({ application: 'intake', enterpriseNumber: NUMBER });
    const x509 = new X509Certificate(certificate);
    // From the first part to the last; Java and Kafka print it the other way round, CN=intake,OU=…,O=0999000426.
    expect(x509.subject).toBe(`O=${NUMBER}\nOU=${spkiOfPem(certificate)}\nCN=intake`);
    expect(x509.subjectAltName).toBe(
      `URI:spiffe://crossroads.test/institution/${NUMBER}/application/intake, DNS:localhost, DNS:intake, IP Address:127.0.0.1`,
    );
    expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(x509.verify(new X509Certificate(ca.certificateOf('institutions')).publicKey)).toBe(true);
    expect(x509.verify(new X509Certificate(ca.certificateOf('services')).publicKey)).toBe(false);
  });

  it('the certificate of a service has the service in its subject and URI', async () => {
    const x509 = new X509Certificate((await ca.issueService('exchange')).certificate);
    expect(x509.subject).toBe('CN=exchange');
    expect(x509.verify(new X509Certificate(ca.certificateOf('services')).publicKey)).toBe(true);
    expect(x509.verify(new X509Certificate(ca.certificateOf('institutions')).publicKey)).toBe(false);
    expect(x509.subjectAltName).toContain('URI:spiffe://crossroads.test/service/exchange');
  });

  it('the development CA is stored, with a key that only its owner can read', async () => {
    const again = await CertificateAuthorities.open(folder, 'crossroads.test');
    for (const anchor of ANCHORS) expect(again.certificateOf(anchor)).toBe(ca.certificateOf(anchor));
    expect(statSync(join(folder, 'services-ca-key.pem')).mode & 0o777).toBe(0o600);
    const { certificate } = await again.issueService('exchange');
    expect(new X509Certificate(certificate).verify(new X509Certificate(ca.certificateOf('services')).publicKey)).toBe(
      true,
    );
  });

  it('a certificate is reused until it expires', async () => {
    const issue = (authority: CertificateAuthorities) => authority.issueService('kept');
    const first = spkiOfPem(await read((await identityFiles(folder, 'kept', ca, issue)).certificate));
    expect(spkiOfPem(await read((await identityFiles(folder, 'kept', ca, issue)).certificate))).toBe(first);
    const soon = (authority: CertificateAuthorities) =>
      authority.issueService('soon', { notAfter: new Date(Date.now() + 60_000) });
    const old = spkiOfPem(await read((await identityFiles(folder, 'soon', ca, soon)).certificate));
    expect(spkiOfPem(await read((await identityFiles(folder, 'soon', ca, issue)).certificate))).not.toBe(old);
  });

  it('different keys have different hashes', async () => {
    const [one, two] = [await ca.issueService('a'), await ca.issueService('a')];
    expect(spkiOfPem(one.certificate)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(spkiOfPem(one.certificate)).not.toBe(spkiOfPem(two.certificate));
  });

  it.each([
    ['a certificate of its own', async () => ca.issueService('client'), undefined],
    [
      'one that has expired',
      async () => ca.issueService('client', { notBefore: new Date(0), notAfter: new Date(1) }),
      'CERT_HAS_EXPIRED',
    ],
    [
      'one of another CA with the same name',
      async () => (await CertificateAuthorities.create('crossroads.test')).issueService('client'),
      /CERT_SIGNATURE_FAILURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    ],
  ])('meets %s', async (_what, issue, problem) => {
    const error = await problemOf(await ca.issueService('server'), await issue(), ca.certificateOf('services'));
    if (problem === undefined) expect(error).toBeUndefined();
    else expect(error).toMatch(problem);
  });
});

const read = async (file: string): Promise<string> => (await import('node:fs/promises')).readFile(file, 'utf8');

/** What a server says of a client's certificate in a handshake. */
const problemOf = (server: IssuedCertificate, client: IssuedCertificate, ca: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const listening = createServer(
      { cert: server.certificate, key: server.key, ca, requestCert: true, rejectUnauthorized: false },
      (socket: TLSSocket) => {
        const error: unknown = socket.authorizationError;
        socket.destroy();
        listening.close();
        resolve(socket.authorized ? undefined : String(error));
      },
    );
    listening.once('error', reject);
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      connect({ port, host: '127.0.0.1', servername: 'localhost', ca, cert: client.certificate, key: client.key }).on(
        'error',
        () => {},
      );
    });
  });
