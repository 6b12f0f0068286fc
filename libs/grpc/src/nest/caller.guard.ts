import { ServiceIdentity } from '@crossroads/configuration';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { PermissionDenied } from '../errors/failures.js';
import { callerLabel } from '../identity/caller.js';
import type { Call } from '../server/call.js';
import { type AllowedCaller, isAllowed } from '../server/service.js';
import { allowedCallersOf } from './rpc.decorator.js';

/** Admits the callers that the topology lists for an rpc. Nobody may call an rpc that it does not list. */
@Injectable()
export class CallerGuard implements CanActivate {
  private readonly callers = new Map<object, readonly AllowedCaller[]>();

  constructor(private readonly service: ServiceIdentity) {}

  canActivate(context: ExecutionContext): boolean {
    const call = context.switchToRpc().getContext<Call>();
    if (isAllowed(this.callersOf(context.getHandler()), call.caller)) return true;
    throw new PermissionDenied('CALLER_NOT_ALLOWED', `this rpc is not for ${callerLabel(call.caller)}`, {
      metadata: { rpc: call.rpc },
    });
  }

  private callersOf(handler: object): readonly AllowedCaller[] {
    const known = this.callers.get(handler);
    if (known !== undefined) return known;
    const callers = allowedCallersOf(handler, this.service.name) ?? [];
    this.callers.set(handler, callers);
    return callers;
  }
}
