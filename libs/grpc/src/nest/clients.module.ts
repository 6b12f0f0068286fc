import { AddressSettings, MeshSettings } from '@crossroads/configuration';
import { addressVariableOf, type ServiceName } from '@crossroads/topology';
import type { ServiceDefinition } from '@grpc/grpc-js';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { type Connection, connect } from '../client/client.js';
import type { MethodShape } from '../definition.js';

type Definition = Record<string, MethodShape> & ServiceDefinition;

/** Another service that this one calls. */
export interface CalledService<D extends Definition = Definition> {
  readonly service: ServiceName;
  readonly definition: D;
  /** Rpcs that only read, and may be retried. */
  readonly reads?: readonly string[];
  /** For calls without a deadline of their own. @default that of `connect` */
  readonly deadlineMs?: number;
}

const tokenOf = (service: ServiceName, definition: Definition): string =>
  `client:${service}${Object.values<ServiceDefinition[string]>(definition)[0]?.path ?? ''}`;

/** Injects the client of a service that `ClientsModule.forFeature` names. */
export const InjectClient = (service: ServiceName, definition: Definition) => Inject(tokenOf(service, definition));

/** Connections to other services of the mesh. They are opened by the first call, and closed after all work has ended. */
@Injectable()
export class GrpcClients implements OnApplicationShutdown {
  private readonly open: { close(): void }[] = [];

  constructor(
    private readonly mesh: MeshSettings,
    private readonly addresses: AddressSettings,
  ) {}

  connect<D extends Definition>({ service, definition, reads = [], deadlineMs }: CalledService<D>): Connection<D> {
    const name = addressVariableOf(service);
    const address = this.addresses[name];
    if (address === undefined) throw new Error(`${name} is needed: host:port of ${service}`);
    const client = connect(definition, address, {
      ...this.mesh.connection,
      server: { kind: 'service', name: service },
      reads,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    this.open.push(client);
    return client;
  }

  onApplicationShutdown(): void {
    for (const client of this.open) client.close();
  }
}

/** Provides clients of other services for `@InjectClient`. */
@Module({})
export class ClientsModule {
  static forFeature(...peers: readonly CalledService[]): DynamicModule {
    const providers: Provider[] = peers.map((peer) => ({
      provide: tokenOf(peer.service, peer.definition),
      inject: [GrpcClients],
      useFactory: (clients: GrpcClients) => clients.connect(peer),
    }));
    return {
      module: ClientsModule,
      providers,
      exports: providers.map((provider) =>
        typeof provider === 'object' && 'provide' in provider ? provider.provide : provider,
      ),
    };
  }
}
