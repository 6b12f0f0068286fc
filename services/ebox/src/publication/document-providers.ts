import { Clock } from '@crossroads/configuration';
import { type Caller, PermissionDenied } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { isActiveOn, PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';

/** Who may publish, and in whose name. */
@Injectable()
export class DocumentProviders {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /**
   * The enterprise number of a caller that is registered as a document provider, and active today.
   * @throws PermissionDenied `NOT_A_DOCUMENT_PROVIDER`; Unavailable `POLICY_STALE`
   */
  providerOf(caller: Caller): string {
    if (caller.kind === 'institution') {
      const provider = this.policy.policy().documentProvider(caller.enterpriseNumber);
      if (provider && isActiveOn(provider, dayOf(this.clock.now()))) return caller.enterpriseNumber;
    }
    throw new PermissionDenied(
      'NOT_A_DOCUMENT_PROVIDER',
      'only a registered, active document provider may do this; ask an administrator to register the institution',
    );
  }

  /** @throws PermissionDenied `NOT_THE_SENDER` */
  requireSender(caller: Caller, sender: string): void {
    if (this.policy.mayActFor(caller, sender)) return;
    throw new PermissionDenied(
      'NOT_THE_SENDER',
      'the sender is the institution that publishes, or one that it is registered to represent',
    );
  }
}
