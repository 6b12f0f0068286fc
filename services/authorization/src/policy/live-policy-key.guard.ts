import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { LivePolicy } from './live-policy.js';

/** Admits callers whose key is registered in this service's own policy. @throws Unavailable when this version cannot read it */
@Injectable()
export class LivePolicyKeyGuard implements CanActivate {
  constructor(private readonly live: LivePolicy) {}

  canActivate(context: ExecutionContext): boolean {
    this.live.requireReadable();
    const refusal = this.live.refusalOf(context.switchToRpc().getContext<Call>().caller);
    if (refusal) throw refusal;
    return true;
  }
}
