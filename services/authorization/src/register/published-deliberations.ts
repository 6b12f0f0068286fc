import type { SearchDeliberationsResponse } from '@crossroads/contracts/authorization/v1/register_service';
import type { Deliberation as DeliberationMessage } from '@crossroads/contracts/authorization/v1/policy';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';
import { pageOf } from '../policy/page.js';
import type { Deliberation } from '../policy/policy-entities.js';
import { deliberationMessage } from '../policy/policy.message.js';
import { NotFound } from '@crossroads/grpc';
import type { SearchDeliberationsInput } from './register.pipe.js';

/** What the committee has let in is public, also after it was revoked; what it was asked only is not. */
const isPublished = ({ state }: Deliberation): boolean => state === 'APPROVED' || state === 'REVOKED';

@Injectable()
export class PublishedDeliberations {
  constructor(private readonly live: LivePolicy) {}

  /** @throws Rejection, with one answer for what does not exist and what is not public */
  get(deliberationId: string): DeliberationMessage {
    const found = this.live.state.deliberations.get(deliberationId);
    if (!found || !isPublished(found))
      throw new NotFound('RESOURCE_NOT_FOUND', 'the register has no such deliberation');
    return deliberationMessage(found);
  }

  search(input: SearchDeliberationsInput): SearchDeliberationsResponse {
    const found = [...this.live.state.deliberations.values()].filter(isPublished);
    const { page, nextPageToken } = pageOf(found, input, {
      filters: { list: 'published deliberations' },
      keyOf: ({ deliberationId }) => deliberationId,
    });
    return { deliberations: page.map(deliberationMessage), nextPageToken };
  }
}
