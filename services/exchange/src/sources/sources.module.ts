import { AddressSettings, MeshSettings } from '@crossroads/configuration';
import { processLog } from '@crossroads/telemetry';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSchemas } from './data-schemas.js';
import { DirectoryClient } from './directory-client.js';
import { SourceClients } from './source-clients.js';

const meshOf = (mesh: MeshSettings) => ({
  tls: { ca: mesh.TLS_CA_FILE, cert: mesh.TLS_CERT_FILE, key: mesh.TLS_KEY_FILE },
  trustDomain: mesh.CROSSROADS_TRUST_DOMAIN,
});

/** The reference directory, and authentic sources by what is registered of their data services. */
@Module({
  providers: [
    DataSchemas,
    {
      provide: DirectoryClient,
      inject: [MeshSettings, AddressSettings],
      useFactory: (mesh: MeshSettings, { REFERENCE_DIRECTORY_ADDRESS: address = '' }: AddressSettings) =>
        new DirectoryClient(address, meshOf(mesh)),
    },
    {
      provide: SourceClients,
      inject: [MeshSettings],
      useFactory: (mesh: MeshSettings) =>
        new SourceClients({
          ...meshOf(mesh),
          onFailure: (service, code) => processLog().warn('a source did not answer', { dataService: service, code }),
        }),
    },
  ],
  exports: [DataSchemas, DirectoryClient, SourceClients],
})
export class SourcesModule implements OnApplicationShutdown {
  constructor(
    private readonly directory: DirectoryClient,
    private readonly sources: SourceClients,
  ) {}

  onApplicationShutdown(): void {
    this.directory.close();
    this.sources.close();
  }
}
