import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { PolicyFollower } from './policy-follower.js';

/**
 * Admits institutions whose key is registered for their application. Services of the mesh are identified by their certificate alone,
 * so that they are served while authorization is away. @throws PermissionDenied `KEY_NOT_REGISTERED`; Unavailable `POLICY_STALE`
 */
@Injectable()
export class RegisteredKeyGuard implements CanActivate {
  constructor(private readonly policy: PolicyFollower) {}

  canActivate(context: ExecutionContext): boolean {
    const { caller } = context.switchToRpc().getContext<Call>();
    if (caller.kind === 'institution') this.policy.requireRegistered(caller);
    return true;
  }
}
