import { Clock, MeshSettings, ServiceIdentity } from '@crossroads/configuration';
import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { type Call, type Connection, InjectClient, NotFound } from '@crossroads/grpc';
import { dayOf, type Ssin } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { tokenAudienceOf } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { citizenOf, type TokenClaims } from './citizen-token.js';
import { personsAsOne } from './persons-as-one.js';

/** Somebody who is signed in. */
export interface Citizen extends TokenClaims {
  /** Of the persons as whom they read, the current one first: see `personsAsOne`. */
  readonly personIds: readonly [string, ...string[]];
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

  /** By the token of the call, which must be for this service. @throws Unauthenticated; NotFound `UNKNOWN_SSIN` */
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
    // Without a filter the answer would have all inscriptions of the person.
    const institutions = caller.kind === 'institution' ? [caller.enterpriseNumber] : [];
    return { ...claims, personIds: await this.idsOf(claims.ssin, institutions, now) };
  }

  private async idsOf(ssin: Ssin, institutions: readonly string[], now: Date): Promise<Citizen['personIds']> {
    const found = await this.directory.check({
      person: { by: { $case: 'ssin', value: ssin } },
      institutions,
      date: undefined,
    });
    if (found.state === NumberState.NUMBER_STATE_UNKNOWN || found.personId === '')
      throw new NotFound('UNKNOWN_SSIN', 'nobody has the number that was signed in with');
    return personsAsOne(found, now);
  }
}
