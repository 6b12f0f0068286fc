import type { Institution, MeshConnection, Question } from '@crossroads/client';
import { type Pems, RenewedFiles } from '@crossroads/configuration';
import { type ConsultResponse, ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { channelCredentials, identityUri } from '@crossroads/grpc';
import { Client } from '@grpc/grpc-js';

const { consult } = ExchangeServiceService;
const DEADLINE_MS = 15_000;

/**
 * A grpc-js client without the retries of libs/grpc, so that every failure counts. It uses its addresses in rotation, and opens another
 * connection when its certificate is renewed.
 */
export class BareClient {
  private readonly files: RenewedFiles;
  private readonly clients: Client[] = [];
  private pems: Pems | undefined;

  constructor(
    private readonly target: string,
    private readonly connection: Pick<MeshConnection, 'tls' | 'trustDomain'>,
    private readonly signer: Pick<Institution, 'signed'>,
  ) {
    this.files = new RenewedFiles(connection.tls);
  }

  consult(question: Question): Promise<ConsultResponse> {
    const client = this.current();
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        consult.path,
        consult.requestSerialize,
        consult.responseDeserialize,
        this.signer.signed(question),
        { deadline: Date.now() + DEADLINE_MS },
        (error, response) => (error ? reject(error) : response ? resolve(response) : reject(new Error('no response'))),
      );
    });
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  private current(): Client {
    const pems = this.files.current();
    const newest = this.clients.at(-1);
    if (newest && this.pems === pems) return newest;
    this.pems = pems;
    const server = identityUri(this.connection.trustDomain, { kind: 'service', name: 'exchange' });
    const client = new Client(this.target, channelCredentials(this.connection.tls, server), {
      // A restarted process has the same address here, and must be found before the next one drains. Pods get new addresses.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    });
    this.clients.push(client);
    return client;
  }
}
