import { type Call, PermissionDenied } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { LivePolicy } from './live-policy.js';

/** Admits callers whose key is registered in this service's own policy. @throws Unavailable when this version cannot read it */
@Injectable()
export class LivePolicyKeyGuard implements CanActivate {
  constructor(private readonly live: LivePolicy) {}

  canActivate(context: ExecutionContext): boolean {
    this.live.requireReadable();
    if (this.live.index.isRegistered(context.switchToRpc().getContext<Call>().caller)) return true;
    throw new PermissionDenied(
      'KEY_NOT_REGISTERED',
      'the key of this certificate is not registered; ask an administrator to register it',
    );
  }
}
