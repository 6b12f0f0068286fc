import {
  type ConsultRequest,
  type ConsultResponse,
  ExchangeServiceService,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import { channelCredentials, identityUri, type TlsFiles } from '@crossroads/grpc';
import { Client } from '@grpc/grpc-js';

const { consult } = ExchangeServiceService;

/** A grpc-js client without the retries of libs/grpc, so that every failure counts. It uses its addresses in rotation. */
export class BareClient {
  private readonly client: Client;

  constructor(addresses: readonly string[], tls: TlsFiles, trustDomain: string) {
    const server = identityUri(trustDomain, { kind: 'service', name: 'exchange' });
    this.client = new Client(`ipv4:${addresses.join(',')}`, channelCredentials(tls, server), {
      // A restarted process has the same address here, and must be found before the next one drains. Pods get new addresses.
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
