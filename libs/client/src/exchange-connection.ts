import { X509Certificate } from 'node:crypto';
import { type Pems, RenewedFiles } from '@crossroads/configuration';
import { ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { type Connection, connect, type ConnectOptions } from '@crossroads/grpc';

const CALL_MS = 15_000;
/** A connection that is replaced is closed when its last call has ended. */
const CLOSE_AFTER_MS = 2 * CALL_MS;

interface Opened {
  readonly pems: Pems;
  readonly certificate: X509Certificate;
  readonly connection: Connection<typeof ExchangeServiceService>;
}

/**
 * The connection to the exchange. A question is signed for the certificate of its connection (RFC 8705), and a connection keeps the
 * certificate with which it was opened: when the files are renewed, the next call opens another connection.
 */
export class ExchangeConnection {
  private readonly files: RenewedFiles;
  private opened: Opened | undefined;

  constructor(
    private readonly address: string,
    private readonly options: ConnectOptions,
  ) {
    this.files = new RenewedFiles(options.tls);
  }

  current(): Opened {
    const pems = this.files.current();
    if (this.opened?.pems === pems) return this.opened;
    const before = this.opened?.connection;
    if (before) setTimeout(() => before.close(), CLOSE_AFTER_MS).unref();
    const connection = connect(ExchangeServiceService, this.address, { ...this.options, deadlineMs: CALL_MS });
    this.opened = { pems, certificate: new X509Certificate(pems.cert), connection };
    return this.opened;
  }

  close(): void {
    this.opened?.connection.close();
  }
}
