import { dayOf } from '@crossroads/identifiers';
import { isActiveOn, isInMaintenance, PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';

/** A provider counts as down for this long after a call that it did not answer. */
const DOWN_MS = 30_000;

/** Whether document providers serve their documents now, as far as this process knows. */
@Injectable()
export class ProviderAvailability {
  private readonly failures = new Map<string, Date>();

  constructor(private readonly policy: PolicyFollower) {}

  /**
   * Whether documents that the provider keeps itself can probably be opened: it is registered and active, not in planned maintenance, and
   * has answered the last call, or that call is some time ago. Uploaded documents do not depend on it.
   * @throws Unavailable `POLICY_STALE`
   */
  isAvailable(provider: string, now: Date): boolean {
    const failedAt = this.failures.get(provider);
    if (failedAt !== undefined && now.getTime() - failedAt.getTime() < DOWN_MS) return false;
    return this.serving(provider, now) !== undefined;
  }

  /** The registration of a provider that serves documents now; nothing outside its activity, or in planned maintenance. */
  serving(provider: string, now: Date) {
    const registered = this.policy.policy().documentProvider(provider);
    if (registered === undefined || registered.address === '') return undefined;
    return isActiveOn(registered, dayOf(now)) && !isInMaintenance(registered, now) ? registered : undefined;
  }

  answered(provider: string): void {
    this.failures.delete(provider);
  }

  failed(provider: string, now: Date): void {
    this.failures.set(provider, now);
  }
}
