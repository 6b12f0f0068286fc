import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FieldGroup } from '../person/facts.js';
import { Reporters } from '../person/reporters.js';

/** Lets in institutions that report any field group of `person.identification.v1`. */
@Injectable()
export class ReporterGuard implements CanActivate {
  protected readonly groups: readonly FieldGroup[] = [];

  constructor(private readonly reporters: Reporters) {}

  canActivate(context: ExecutionContext): boolean {
    this.reporters.requireGroups(context.switchToRpc().getContext<Call>().caller, this.groups);
    return true;
  }
}

/** For whatever assigns, replaces or cancels a number: lets in institutions that report names and births. */
@Injectable()
export class NumberReporterGuard extends ReporterGuard {
  protected override readonly groups: readonly FieldGroup[] = ['name', 'birth'];
}
