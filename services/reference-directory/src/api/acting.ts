import { type Caller, PermissionDenied, readEnterpriseNumber, readFields } from '@crossroads/grpc';

/** What is asked of the policy. `PolicyFollower` is one. */
export interface Representation {
  mayActFor(caller: Caller, customer: string): boolean;
}

/** Whose inscriptions a caller speaks of. */
export class Acting {
  constructor(private readonly policy: Representation) {}

  /** The institution asked for, or the caller's own. @throws PermissionDenied, InvalidInput */
  institutionOf(caller: Caller, asked: string): string {
    if (caller.kind === 'institution') {
      if (asked === '') return caller.enterpriseNumber;
      const { institution } = readFields({ institution: readEnterpriseNumber('institution', asked) });
      if (this.policy.mayActFor(caller, institution)) return institution;
    }
    throw new PermissionDenied(
      'NOT_REPRESENTED',
      'an institution inscribes for itself, or for those that it is registered to represent',
    );
  }
}
