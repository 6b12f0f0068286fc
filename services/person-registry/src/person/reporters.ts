import { type Call, type Caller, PermissionDenied, Unauthenticated } from '@crossroads/grpc';
import { PolicyFollower, rightMissing } from '@crossroads/policy';
import { Officials } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import type { FieldGroup } from './facts.js';
import { IDENTIFICATION } from './identification.js';

/** Who answers for a change of numbers. */
interface ReportingOfficial {
  /** Enterprise number. */
  readonly reporter: string;
  readonly officialId: string;
  readonly officialRole: string;
}

/** Decides by the current policy which institution may report which field groups. */
@Injectable()
export class Reporters {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly officials: Officials,
  ) {}

  /** The enterprise number of the caller. @throws PermissionDenied unless it reports anything, and all of these groups, and the application may */
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
    if (!this.policy.policy().rightsOf(caller).reports(IDENTIFICATION, groups))
      throw rightMissing(`report:${IDENTIFICATION}:${groups.join(',')}`);
    return caller.enterpriseNumber;
  }

  /** The official behind the call. @throws Unauthenticated when there is none, or the token is not good; PermissionDenied */
  async requireOfficial(call: Pick<Call, 'caller' | 'metadata'>): Promise<ReportingOfficial> {
    const { caller } = call;
    const institution = caller.kind === 'institution' && this.policy.policy().institution(caller.enterpriseNumber);
    if (!institution) throw notReporter();
    const official = await this.officials.of(call, caller, institution);
    if (official === undefined)
      throw new Unauthenticated(
        'TOKEN_MISSING',
        'an official answers for this: authorization must be "Bearer <JWT>", signed by this institution for the registry',
      );
    return { reporter: caller.enterpriseNumber, officialId: official.id, officialRole: official.role };
  }
}

const notReporter = () =>
  new PermissionDenied(
    'NOT_A_REPORTER',
    'only institutions that report person.identification.v1 may do this; others ask the exchange',
  );
