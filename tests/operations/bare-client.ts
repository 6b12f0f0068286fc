import {
  type ConsultRequest,
  type ConsultResponse,
  ExchangeServiceService,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import { channelCredentials, identityUri, type TlsFiles } from '@crossroads/grpc';
import { Client } from '@grpc/grpc-js';

const { consult } = ExchangeServiceService;

/** gRPC as it comes, without the repetitions of libs/grpc: what fails here has failed. Several addresses take turns. */
export class BareClient {
  private readonly client: Client;

  constructor(addresses: readonly string[], tls: TlsFiles, trustDomain: string) {
    const server = identityUri(trustDomain, { kind: 'service', name: 'exchange' });
    this.client = new Client(`ipv4:${addresses.join(',')}`, channelCredentials(tls, server), {
      // Who comes back at the same address is found again within the drain of the next; pods have new addresses each time.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    });
  }

  consult(request: ConsultRequest): Promise<ConsultResponse> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        consult.path,
        consult.requestSerialize,
        consult.responseDeserialize,
        request,
        { deadline: Date.now() + 15_000 },
        (error, response) => (error ? reject(error) : response ? resolve(response) : reject(new Error('no response'))),
      );
    });
  }

  close(): void {
    this.client.close();
  }
}
