import { Clock } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { type DayRange, dayNumber } from '../period/days.rules.js';
import { type GrantReason, grantRefusalOf } from './grant.rules.js';

interface LineToInscribe {
  readonly line: number;
  readonly context: string;
  readonly period: DayRange;
}

/** What the committee lets institutions inscribe. */
@Injectable()
export class GrantedInscriptions {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /** The lines that the policy does not allow, at one revision. @throws Unavailable `POLICY_STALE` */
  refusedAmong(
    institution: string,
    lines: readonly LineToInscribe[],
  ): { readonly line: number; readonly reason: GrantReason }[] {
    const grant = this.policy.policy().inscriptionGrant(institution);
    const today = dayNumber(dayOf(this.clock.now()));
    return lines.flatMap((line) => {
      const reason = grantRefusalOf(grant, line, today);
      return reason === undefined ? [] : [{ line: line.line, reason }];
    });
  }
}
