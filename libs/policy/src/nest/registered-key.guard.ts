import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { PolicyFollower } from '../policy-follower.js';

/** Lets in whose key is registered for its institution's application. @throws Unavailable `POLICY_STALE` */
@Injectable()
export class RegisteredKeyGuard implements CanActivate {
  constructor(private readonly policy: PolicyFollower) {}

  canActivate(context: ExecutionContext): boolean {
    this.policy.requireRegistered(context.switchToRpc().getContext<Call>().caller);
    return true;
  }
}
