import { Clock, MeshSettings, ServiceIdentity } from '@crossroads/configuration';
import {
  type CheckResponse,
  DirectoryServiceService,
  NumberState,
} from '@crossroads/contracts/directory/v1/directory_service';
import { type Call, type Connection, InjectClient, NotFound } from '@crossroads/grpc';
import { dayOf, type Ssin } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { tokenAudienceOf } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { citizenOf, type SignedIn } from './citizen-token.js';

/** Identifies a citizen by the token of a registered sign-in provider, and by the reference directory. */
@Injectable()
export class Citizens {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
    private readonly mesh: MeshSettings,
    private readonly service: ServiceIdentity,
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Connection<typeof DirectoryServiceService>,
  ) {}

  /** By the token of the call, which must be for this service. @throws Unauthenticated */
  signedIn({ metadata }: Pick<Call, 'metadata'>): Promise<SignedIn> {
    const [authorization] = metadata.get('authorization');
    const now = this.clock.now();
    return citizenOf(authorization?.toString(), {
      audience: tokenAudienceOf(this.service.name),
      policy: this.policy.policy(),
      mode: this.mesh.CROSSROADS_MODE,
      today: dayOf(now),
      now,
    });
  }

  /** Whose number it is, and under which ids they are known. @throws NotFound `UNKNOWN_SSIN` */
  async person(ssin: Ssin): Promise<CheckResponse> {
    const person = await this.directory.check({
      person: { by: { $case: 'ssin', value: ssin } },
      institutions: [],
      date: undefined,
    });
    if (person.state === NumberState.NUMBER_STATE_UNKNOWN || person.personId === '')
      throw new NotFound('UNKNOWN_SSIN', 'nobody has the number that was signed in with');
    return person;
  }
}
