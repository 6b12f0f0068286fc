import { createSecureContext, type PeerCertificate, type SecureContextOptions } from 'node:tls';
import { type IdentityPaths, type Pems, RenewedFiles } from '@crossroads/configuration';
import { ChannelCredentials, credentials, ServerCredentials, type VerifyOptions } from '@grpc/grpc-js';
import { subjectAlternativeUris } from './peer.js';
import { warn } from '../errors/warn.js';

/** PEM files: the authorities of the other side, the only ones that are believed, and this process's certificate and key. */
export type TlsFiles = IdentityPaths;

const contextOptions = (pems: Pems): SecureContextOptions => ({ ...pems, minVersion: 'TLSv1.3' });

const renewed = (files: TlsFiles): RenewedFiles => new RenewedFiles(files, warn('renewed certificate'));

/** Mutual TLS 1.3, which `ServerCredentials.createSsl` cannot require. The files may be renewed while the server runs. */
export class MutualTlsCredentials extends ServerCredentials {
  private current: Pems;

  constructor(private readonly files: RenewedFiles) {
    const pems = files.current();
    super({ requestCert: true, rejectUnauthorized: true }, contextOptions(pems));
    this.current = pems;
  }

  static from(files: TlsFiles): MutualTlsCredentials {
    return new MutualTlsCredentials(renewed(files));
  }

  /** New connections use the renewed files, if they are valid; open connections are not affected. */
  renew(): void {
    const pems = this.files.current();
    if (pems === this.current) return;
    this.current = pems;
    this.updateSecureContextOptions(contextOptions(pems));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** Each connection uses the files as they are when it is opened: a channel outlives its certificate. */
class RenewedChannelCredentials extends ChannelCredentials {
  private made: { readonly pems: Pems; readonly credentials: ChannelCredentials } | undefined;

  constructor(
    private readonly files: RenewedFiles,
    private readonly verify: VerifyOptions,
    private readonly accept: (socket: unknown) => void,
  ) {
    super();
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...of: Parameters<ChannelCredentials['_createSecureConnector']>): Connector {
    const now = (): Connector => this.current()._createSecureConnector(...of);
    const first = now();
    return {
      connect: async (socket) => {
        const connected = await now().connect(socket);
        this.accept(connected.socket);
        return connected;
      },
      waitForReady: () => first.waitForReady(),
      getCallCredentials: () => first.getCallCredentials(),
      destroy: () => first.destroy(),
    };
  }

  private current(): ChannelCredentials {
    const pems = this.files.current();
    if (this.made?.pems !== pems) {
      const context = createSecureContext(contextOptions(pems));
      this.made = { pems, credentials: credentials.createFromSecureContext(context, this.verify) };
    }
    return this.made.credentials;
  }
}

/**
 * A client's credentials. The server's certificate must have the expected URI, whatever its host name; with a `/` at the end, a URI that
 * begins with it. `accept` throws to refuse a connection before anything is sent.
 */
export const channelCredentials = (
  files: TlsFiles,
  expectedUri: string,
  accept: (socket: unknown) => void = () => undefined,
): ChannelCredentials => {
  const checkServerIdentity = (_host: string, { subjectaltname }: PeerCertificate) =>
    subjectAlternativeUris(subjectaltname).some((uri) => isExpected(uri, expectedUri))
      ? undefined
      : new Error(`the server's certificate is not that of ${expectedUri}`);
  return new RenewedChannelCredentials(renewed(files), { checkServerIdentity }, accept);
};

const isExpected = (uri: string, expected: string): boolean =>
  expected.endsWith('/') ? uri.startsWith(expected) && uri !== expected : uri === expected;
