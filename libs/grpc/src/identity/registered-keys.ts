import { Injectable } from '@nestjs/common';
import type { GrpcFailure } from '../errors/failures.js';
import type { Caller } from './caller.js';

/** Why a caller's key is good for no call; nothing when it is registered, or when that is not known yet. */
export type RefusalOfKey = (caller: Caller) => GrpcFailure | undefined;

/** Which keys are registered, for the door of a server: what holds the policy says so. */
@Injectable()
export class RegisteredKeys {
  private ofPolicy: RefusalOfKey = () => undefined;

  use(refusalOf: RefusalOfKey): void {
    this.ofPolicy = refusalOf;
  }

  refusalOf(caller: Caller): GrpcFailure | undefined {
    return this.ofPolicy(caller);
  }
}
