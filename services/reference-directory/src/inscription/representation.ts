import { type Caller, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';

/** Who writes an inscription. */
export interface Inscriber {
  /** For whom. */
  readonly institution: string;
  /** Who is connected: the same institution, or one that represents it. */
  readonly peer: string;
  readonly application: string;
}

/** Decides which institution a caller acts for. */
@Injectable()
export class Representation {
  constructor(private readonly policy: PolicyFollower) {}

  /**
   * The requested institution, or the caller's own when none is requested.
   * @throws PermissionDenied `NOT_REPRESENTED`; Unavailable `POLICY_STALE`
   */
  institutionFor(caller: Caller, requested: string | undefined): string {
    return this.inscriberFor(caller, requested).institution;
  }

  /** The same, with who is connected. */
  inscriberFor(caller: Caller, requested: string | undefined): Inscriber {
    if (caller.kind === 'institution') {
      const { enterpriseNumber: peer, application } = caller;
      const institution = requested ?? peer;
      if (institution === peer || this.policy.mayActFor(caller, institution)) return { institution, peer, application };
    }
    throw new PermissionDenied(
      'NOT_REPRESENTED',
      'an institution inscribes for itself, or for those that it is registered to represent',
    );
  }
}
