import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { PolicyFollower } from './policy-follower.js';

/**
 * Admits institutions whose key is registered for their application, with a right that the topology demands for the rpc. Services of the mesh are identified by their certificate alone,
 * so that they are served while authorization is away. @throws PermissionDenied `KEY_NOT_REGISTERED`, `RIGHT_MISSING`; Unavailable `POLICY_STALE`
 */
@Injectable()
export class RegisteredKeyGuard implements CanActivate {
  constructor(private readonly policy: PolicyFollower) {}

  canActivate(context: ExecutionContext): boolean {
    const call = context.switchToRpc().getContext<Call>();
    if (call.caller.kind === 'institution') this.policy.requireAllowed(call);
    return true;
  }
}
