import { type Call, PermissionDenied } from '@crossroads/grpc';
import type { PolicyFollower } from '@crossroads/policy';
import type { FieldGroup } from './domain/facts.js';
import { IDENTIFICATION } from './identification.js';

/** Whoever registers persons and looks after their numbers reports at least these. */
const FOR_NUMBERS: readonly FieldGroup[] = ['name', 'birth'];

/** Who may report what, by the policy as it is now. */
export class Reporters {
  constructor(private readonly follower: Pick<PolicyFollower, 'policy'>) {}

  /** The institution that calls. @throws PermissionDenied unless it reports anything of `person.identification.v1`. */
  reporter(call: Call): string {
    return this.requireGroups(call, []);
  }

  /** @throws PermissionDenied unless it reports these groups. */
  requireGroups({ caller }: Call, groups: readonly FieldGroup[]): string {
    if (caller.kind !== 'institution') throw notReporter();
    const reported = this.follower.policy().reportedBy(caller.enterpriseNumber, IDENTIFICATION);
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

  /** For the life of numbers: registering, replacing, cancelling. */
  requireNumbers(call: Call, groups: readonly FieldGroup[] = []): string {
    return this.requireGroups(call, [...FOR_NUMBERS, ...groups]);
  }
}

const notReporter = () =>
  new PermissionDenied(
    'NOT_A_REPORTER',
    'only institutions that report person.identification.v1 may do this; others ask the exchange',
  );
