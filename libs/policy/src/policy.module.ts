import { AddressSettings, ReadinessChecks, MeshSettings } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { RegisteredKeys, warn } from '@crossroads/grpc';
import { Global, Inject, Module, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { followPolicy } from './follow-policy.js';
import { HeldHeads } from './held/held-heads.js';
import { PolicyFollower } from './policy-follower.js';

/**
 * Provides the `PolicyFollower`; the service is ready when the policy is current. A service without a database starts with no policy, and
 * refuses an older one only within its life.
 */
@Global()
@Module({
  providers: [
    {
      provide: PolicyFollower,
      inject: [MeshSettings, AddressSettings, { token: Database, optional: true }],
      useFactory: async (
        mesh: MeshSettings,
        { AUTHORIZATION_ADDRESS: address = '' }: AddressSettings,
        db?: Database,
      ) => {
        const heads = db && new HeldHeads(db);
        return followPolicy({
          address,
          ...mesh.connection,
          onError: warn('policy'),
          ...(heads ? { heldBefore: await heads.last(), keep: (held) => heads.add(held) } : {}),
        });
      },
    },
  ],
  exports: [PolicyFollower],
})
export class PolicyModule implements OnApplicationShutdown {
  constructor(
    @Inject(PolicyFollower) private readonly policy: PolicyFollower,
    readiness: ReadinessChecks,
    @Optional() keys?: RegisteredKeys,
  ) {
    keys?.use((caller) => policy.refusalOf(caller));
    readiness.add('policy', () => policy.ready());
  }

  onApplicationShutdown(): Promise<void> {
    return this.policy.close();
  }
}
