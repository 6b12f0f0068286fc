import { type Caller, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import type { FieldGroup } from './facts.js';
import { IDENTIFICATION } from './identification.js';

/** Decides by the current policy which institution may report which field groups. */
@Injectable()
export class Reporters {
  constructor(private readonly policy: PolicyFollower) {}

  /** The enterprise number of the caller. @throws PermissionDenied unless it reports anything, and all of these groups */
  requireGroups(caller: Caller, groups: readonly FieldGroup[]): string {
    if (caller.kind !== 'institution') throw notReporter();
    const reported = this.policy.policy().reportedBy(caller.enterpriseNumber, IDENTIFICATION);
    if (reported.size === 0) throw notReporter();
    const missing = groups.filter((group) => !reported.has(group));
    if (missing.length > 0)
      throw new PermissionDenied(
        'FIELD_GROUP_NOT_REPORTED',
        'this institution does not report all of these field groups; leave the others to those who do',
        { metadata: { fieldGroups: [...new Set(missing)].join(',') } },
      );
    return caller.enterpriseNumber;
  }
}

const notReporter = () =>
  new PermissionDenied(
    'NOT_A_REPORTER',
    'only institutions that report person.identification.v1 may do this; others ask the exchange',
  );
