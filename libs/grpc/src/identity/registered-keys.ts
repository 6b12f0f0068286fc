import { Injectable } from '@nestjs/common';
import type { Caller } from './caller.js';

/** Which certificates' keys are registered, for the limits of a server: what holds the policy says so. It admits nobody. */
@Injectable()
export class RegisteredKeys {
  private knows: (caller: Caller) => boolean = () => true;

  /** The policy that is held counts, however old it is. */
  use(knows: (caller: Caller) => boolean): void {
    this.knows = knows;
  }

  has(caller: Caller): boolean {
    return this.knows(caller);
  }
}
