import { type Call, NotFound, PermissionDenied } from '@crossroads/grpc';
import { enterpriseIdOf, type EnterpriseNumber } from '@crossroads/identifiers';
import { type Citizen, Citizens } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';

/** Whose list somebody reads. */
export interface ListOwner {
  /** Who is signed in. */
  readonly citizen: Citizen;
  /** The person who is signed in, or an enterprise: the current id first, then those of persons who were made one with this one. */
  readonly ids: readonly [string, ...string[]];
}

/** Finds out whose list a call asks for, and whether whoever is signed in may read it. */
@Injectable()
export class ListOwners {
  constructor(private readonly citizens: Citizens) {}

  /**
   * @param enterpriseNumber absent: the own list
   * @throws Unauthenticated; NotFound; PermissionDenied to whoever may only read the mail of the enterprise
   */
  async ownerOf(call: Call, enterpriseNumber: EnterpriseNumber | undefined): Promise<ListOwner> {
    const citizen = await this.citizens.signedIn(call);
    const { personIds, enterpriseRoles } = citizen;
    if (enterpriseNumber === undefined) return { citizen, ids: personIds };
    const roles = enterpriseRoles.get(enterpriseNumber);
    if (!roles) throw new NotFound('RESOURCE_NOT_FOUND', 'there is no such list among those that this person may read');
    if (!roles.has('EBOX_MANAGER'))
      throw new PermissionDenied('MISSING_PERMISSION', 'this list is for those with the role EBOX_MANAGER');
    return { citizen, ids: [enterpriseIdOf(enterpriseNumber)] };
  }
}
