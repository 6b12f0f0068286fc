import { type Caller, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';

/** Decides which institution a caller acts for. */
@Injectable()
export class Representation {
  constructor(private readonly policy: PolicyFollower) {}

  /**
   * The requested institution, or the caller's own when none is requested.
   * @throws PermissionDenied `NOT_REPRESENTED`; Unavailable `POLICY_STALE`
   */
  institutionFor(caller: Caller, requested: string | undefined): string {
    if (caller.kind === 'institution') {
      const institution = requested ?? caller.enterpriseNumber;
      if (institution === caller.enterpriseNumber || this.policy.mayActFor(caller, institution)) return institution;
    }
    throw new PermissionDenied(
      'NOT_REPRESENTED',
      'an institution inscribes for itself, or for those that it is registered to represent',
    );
  }
}
