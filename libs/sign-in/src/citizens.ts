import { Clock } from '@crossroads/configuration';
import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { type Call, type Connection, InjectClient, NotFound } from '@crossroads/grpc';
import type { Ssin } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { CitizenTokens, type SignedIn } from './citizen-tokens.js';
import { personsAsOne } from './persons-as-one.js';

/** Somebody who is signed in. */
export interface Citizen extends SignedIn {
  /** Of the persons as whom they read, the current one first: see `personsAsOne`. */
  readonly personIds: readonly [string, ...string[]];
}

/** Identifies a citizen by the token of a registered sign-in provider, and by the reference directory. */
@Injectable()
export class Citizens {
  constructor(
    private readonly tokens: CitizenTokens,
    private readonly clock: Clock,
    @InjectClient('reference-directory', DirectoryServiceService)
    private readonly directory: Pick<Connection<typeof DirectoryServiceService>, 'check'>,
  ) {}

  /** By the token of the call, which must be for this service. @throws as `CitizenTokens.signedIn`; NotFound `UNKNOWN_SSIN` */
  async signedIn(call: Pick<Call, 'metadata' | 'caller'>): Promise<Citizen> {
    const signedIn = await this.tokens.signedIn(call);
    return { ...signedIn, personIds: await this.idsOf(signedIn.ssin, signedIn.portal.enterpriseNumber) };
  }

  private async idsOf(ssin: Ssin, institution: string): Promise<Citizen['personIds']> {
    const found = await this.directory.check({
      person: { by: { $case: 'ssin', value: ssin } },
      // Without a filter the answer would have all inscriptions of the person.
      institutions: [institution],
      date: undefined,
    });
    if (found.state === NumberState.NUMBER_STATE_UNKNOWN || found.personId === '')
      throw new NotFound('UNKNOWN_SSIN', 'nobody has the number that was signed in with');
    return personsAsOne(found, this.clock.now());
  }
}
