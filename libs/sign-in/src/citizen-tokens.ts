import { Clock, MeshSettings, ServiceIdentity } from '@crossroads/configuration';
import { type Call, PermissionDenied, Unauthenticated } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { tokenAudienceOf } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { citizenOf, type Portal, type TokenClaims } from './citizen-token.js';

/** Somebody who is signed in, and through which application. */
export interface SignedIn extends TokenClaims {
  readonly portal: Portal;
}

/** Identifies a citizen by the token of a registered sign-in provider, which must be for this service. */
@Injectable()
export class CitizenTokens {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
    private readonly mesh: MeshSettings,
    private readonly service: ServiceIdentity,
  ) {}

  /** @throws Unauthenticated with a reason of its own for each fault; PermissionDenied `RIGHT_MISSING`, `CALLER_NOT_ALLOWED` */
  async signedIn({ metadata, caller }: Pick<Call, 'metadata' | 'caller'>): Promise<SignedIn> {
    if (caller.kind !== 'institution')
      throw new PermissionDenied('CALLER_NOT_ALLOWED', 'this rpc is for the front ends of institutions');
    const [authorization, second] = metadata.get('authorization');
    if (second !== undefined)
      throw new Unauthenticated('TOKEN_MALFORMED', 'authorization must be there once, "Bearer <JWT>"');
    const now = this.clock.now();
    const claims = await citizenOf(authorization?.toString(), {
      audience: tokenAudienceOf(this.service.name),
      portal: caller,
      policy: this.policy.policy(),
      mode: this.mesh.CROSSROADS_MODE,
      today: dayOf(now),
      now,
    });
    return { ...claims, portal: caller };
  }
}
