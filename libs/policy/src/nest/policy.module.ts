import { AddressSettings, ReadinessChecks, MeshSettings } from '@crossroads/configuration';
import { warn } from '@crossroads/grpc';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { followPolicy } from '../follow-policy.js';
import { PolicyFollower } from '../policy-follower.js';

/** The policy as it is now: `PolicyFollower.policy()`, asked at each decision. */
@Global()
@Module({
  providers: [
    {
      provide: PolicyFollower,
      inject: [MeshSettings, AddressSettings],
      useFactory: (mesh: MeshSettings, { AUTHORIZATION_ADDRESS: address = '' }: AddressSettings) =>
        followPolicy({
          address,
          tls: { ca: mesh.TLS_CA_FILE, cert: mesh.TLS_CERT_FILE, key: mesh.TLS_KEY_FILE },
          trustDomain: mesh.CROSSROADS_TRUST_DOMAIN,
          onError: warn('policy'),
        }),
    },
  ],
  exports: [PolicyFollower],
})
export class PolicyModule implements OnApplicationShutdown {
  constructor(
    @Inject(PolicyFollower) private readonly policy: PolicyFollower,
    needs: ReadinessChecks,
  ) {
    needs.add('policy', () => policy.ready());
  }

  onApplicationShutdown(): Promise<void> {
    return this.policy.close();
  }
}
