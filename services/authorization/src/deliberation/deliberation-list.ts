import type { ListDeliberationsResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import type { Deliberation as DeliberationMessage } from '@crossroads/contracts/authorization/v1/policy';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';
import { pageOf } from '../policy/page.js';
import { deliberationMessage } from '../policy/policy.message.js';
import { reject } from '../policy/policy.rules.js';
import type { Viewer } from '../policy/viewer.js';
import type { ListDeliberationsInput } from './deliberation.pipe.js';

@Injectable()
export class DeliberationList {
  constructor(private readonly live: LivePolicy) {}

  /** A deliberation that the viewer may not see is reported as absent. @throws Rejection */
  get(viewer: Viewer, deliberationId: string): DeliberationMessage {
    const found = this.live.state.deliberations.get(deliberationId);
    if (!found || !viewer.maySee(found))
      throw reject('DELIBERATION_NOT_FOUND', 'there is no such deliberation that you may see');
    return deliberationMessage(found);
  }

  page(viewer: Viewer, { recipient, ...input }: ListDeliberationsInput): ListDeliberationsResponse {
    const visible = [...this.live.state.deliberations.values()].filter(
      (one) => (recipient === '' || one.recipient === recipient) && viewer.maySee(one),
    );
    const { page, nextPageToken } = pageOf(visible, input, {
      filters: { list: 'deliberations', recipient },
      keyOf: ({ deliberationId }) => deliberationId,
    });
    return { deliberations: page.map(deliberationMessage), nextPageToken };
  }
}
