import { Clock, MeshSettings, ServiceIdentity } from '@crossroads/configuration';
import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { type Call, type Connection, InjectClient, NotFound } from '@crossroads/grpc';
import { dayOf, type Ssin } from '@crossroads/identifiers';
import { PolicyFollower, rightMissing } from '@crossroads/policy';
import { tokenAudienceOf } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { citizenOf, type TokenClaims } from './citizen-token.js';
import { listedPersons } from './listed-persons.js';

/** Somebody who is signed in. */
export interface Citizen extends TokenClaims {
  /** Those of the person in the mesh: the current one first, then those from before numbers were replaced. */
  readonly personIds: readonly [string, ...string[]];
  /** Those of them whose access lists are shown to whoever signs in with this number: see `listedPersons`. */
  readonly listedPersonIds: readonly [string, ...string[]];
}

/** Identifies a citizen by the token of a registered sign-in provider, and by the reference directory. */
@Injectable()
export class Citizens {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
    private readonly mesh: MeshSettings,
    private readonly service: ServiceIdentity,
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'check'>,
  ) {}

  /** By the token of the call, which must be for this service. @throws Unauthenticated; PermissionDenied `RIGHT_MISSING`; NotFound `UNKNOWN_SSIN` */
  async signedIn({ metadata, caller }: Pick<Call, 'metadata' | 'caller'>): Promise<Citizen> {
    const [authorization] = metadata.get('authorization');
    const now = this.clock.now();
    const claims = await citizenOf(authorization?.toString(), {
      audience: tokenAudienceOf(this.service.name),
      policy: this.policy.policy(),
      mode: this.mesh.CROSSROADS_MODE,
      today: dayOf(now),
      now,
    });
    // Only a portal of this provider: a token that was meant for another one opens nothing here.
    if (caller.kind === 'institution' && !this.policy.policy().rightsOf(caller).isPortalOf(claims.issuer))
      throw rightMissing(`portal:${claims.issuer}`);
    // Without a filter the answer would have all inscriptions of the person.
    const institutions = caller.kind === 'institution' ? [caller.enterpriseNumber] : [];
    return { ...claims, ...(await this.idsOf(claims.ssin, institutions, now)) };
  }

  private async idsOf(
    ssin: Ssin,
    institutions: readonly string[],
    now: Date,
  ): Promise<Pick<Citizen, 'personIds' | 'listedPersonIds'>> {
    const found = await this.directory.check({
      person: { by: { $case: 'ssin', value: ssin } },
      institutions,
      date: undefined,
    });
    if (found.state === NumberState.NUMBER_STATE_UNKNOWN || found.personId === '')
      throw new NotFound('UNKNOWN_SSIN', 'nobody has the number that was signed in with');
    return {
      personIds: [found.personId, ...found.mergedPersonIds],
      listedPersonIds: listedPersons(found, now),
    };
  }
}
