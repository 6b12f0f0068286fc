import { Clock, ServiceIdentity } from '@crossroads/configuration';
import type { SigningKey } from '@crossroads/contracts/authorization/v1/policy';
import { type Call, type Caller, Unauthenticated } from '@crossroads/grpc';
import { tokenAudienceOf } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { type Official, OfficialTokens } from './official-token.js';

/** An institution that signs for its officials. */
export interface SigningInstitution {
  readonly enterpriseNumber: string;
  readonly officialKeys: readonly SigningKey[];
}

/** Identifies the official behind a call by a token for this service, bound to the certificate of the connection. */
@Injectable()
export class Officials {
  private readonly tokens: OfficialTokens;

  constructor(service: ServiceIdentity, clock: Clock) {
    this.tokens = new OfficialTokens(tokenAudienceOf(service.name), () => clock.now());
  }

  /** Undefined when the call names none. @throws Unauthenticated for an invalid token */
  async of(
    { metadata }: Pick<Call, 'metadata'>,
    { certificateHash }: Pick<Extract<Caller, { readonly kind: 'institution' }>, 'certificateHash'>,
    { enterpriseNumber: institution, officialKeys: keys }: SigningInstitution,
  ): Promise<Official | undefined> {
    const [authorization, second] = metadata.get('authorization');
    if (authorization === undefined) return undefined;
    if (second !== undefined || typeof authorization !== 'string')
      throw new Unauthenticated('TOKEN_MALFORMED', 'authorization must be there once, "Bearer <JWT>"');
    return this.tokens.officialOf(authorization, { institution, keys, certificateHash });
  }
}
