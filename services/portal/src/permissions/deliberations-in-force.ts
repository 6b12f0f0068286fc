import type { Deliberation } from '@crossroads/contracts/authorization/v1/policy';
import { SearchDeliberationsRequest } from '@crossroads/contracts/authorization/v1/register_service';
import { Injectable } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';

const PAGE_SIZE = 100;
const MAX_PAGES = 20;
const MAX_RECIPIENTS = 1_000;

/** The deliberations in force of some recipients. */
@Injectable()
export class DeliberationsInForce {
  constructor(private readonly calls: MeshCalls) {}

  /** @returns `isWhole`: there are no more than these */
  async of(
    recipients: readonly string[],
  ): Promise<{ readonly deliberations: readonly Deliberation[]; readonly isWhole: boolean }> {
    // Without recipients the register would answer with those of all.
    if (recipients.length === 0) return { deliberations: [], isWhole: true };
    const found: Deliberation[] = [];
    let pageToken = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const request = SearchDeliberationsRequest.fromPartial({
        recipients: recipients.slice(0, MAX_RECIPIENTS),
        inForceOnly: true,
        pageSize: PAGE_SIZE,
        pageToken,
      });
      const answer = await this.calls.register((register) => register.searchDeliberations(request));
      found.push(...answer.deliberations);
      pageToken = answer.nextPageToken;
      if (pageToken === '') return { deliberations: found, isWhole: recipients.length <= MAX_RECIPIENTS };
    }
    return { deliberations: found, isWhole: false };
  }
}
