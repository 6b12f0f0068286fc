import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { refusalOfRight } from '@crossroads/policy';
import { LivePolicy } from './live-policy.js';

/** Admits callers whose key is registered in this service's own policy, with a right that the topology demands for the rpc. @throws Unavailable when this version cannot read it */
@Injectable()
export class LivePolicyKeyGuard implements CanActivate {
  constructor(private readonly live: LivePolicy) {}

  canActivate(context: ExecutionContext): boolean {
    this.live.requireReadable();
    const { caller, rpc } = context.switchToRpc().getContext<Call>();
    const refusal = this.live.refusalOf(caller) ?? refusalOfRight(this.live.index, caller, rpc);
    if (refusal) throw refusal;
    return true;
  }
}
