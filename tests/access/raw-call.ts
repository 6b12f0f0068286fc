import { ErrorInfo } from '@crossroads/contracts/google/rpc/error_details';
import { Status } from '@crossroads/contracts/google/rpc/status';
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';

/** PEM texts. Without `own` the client presents no certificate. */
export interface RawIdentity {
  readonly ca: string;
  readonly own?: { readonly certificate: string; readonly key: string };
}

/** The result of a call: the name of its status code, and the reason of `ErrorInfo` if it has one. */
export interface Ending {
  readonly code: keyof typeof status;
  readonly reason: string;
}

const same = (bytes: Buffer): Buffer => bytes;

/** A gRPC client that sends bytes, without the generated code. */
export class RawClient {
  private readonly client: Client;

  constructor(address: string, { ca, own }: RawIdentity) {
    const secure: ChannelCredentials = own
      ? credentials.createSsl(Buffer.from(ca), Buffer.from(own.key), Buffer.from(own.certificate))
      : credentials.createSsl(Buffer.from(ca));
    this.client = new Client(address, secure, { 'grpc.use_local_subchannel_pool': 1 });
  }

  /**
   * Sends the messages as a stream, which looks like a unary call to the server of a unary rpc. Reads to the end, or to the first
   * message of an rpc that does not end.
   */
  call(
    path: string,
    messages: readonly Buffer[],
    { deadlineMs = 60_000, metadata = new Metadata(), isEndless = false } = {},
  ): Promise<Ending> {
    return new Promise((resolve) => {
      const call = this.client.makeBidiStreamRequest(path, same, same, metadata, { deadline: Date.now() + deadlineMs });
      call.on('data', () => {
        if (!isEndless) return;
        resolve({ code: 'OK', reason: '' });
        call.cancel();
      });
      call.on('error', (error: ServiceError) => resolve(endingOf(error)));
      call.on('status', ({ code }: { code: status }) => code === status.OK && resolve({ code: 'OK', reason: '' }));
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  close(): void {
    this.client.close();
  }
}

const endingOf = ({ code, metadata }: ServiceError): Ending => {
  const name = Object.entries(status).find(([, value]) => value === code)?.[0];
  return { code: isCode(name) ? name : 'UNKNOWN', reason: reasonOf(metadata) };
};

const isCode = (name: string | undefined): name is keyof typeof status => name !== undefined && name in status;

const reasonOf = (metadata: Metadata | undefined): string => {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  if (!(bytes instanceof Uint8Array)) return '';
  const info = Status.decode(bytes).details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.ErrorInfo'));
  return info ? ErrorInfo.decode(info.value).reason : '';
};
