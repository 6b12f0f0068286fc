import type { ListProviderEventsResponse } from '@crossroads/contracts/ebox/v1/publication_service';
import { Injectable } from '@nestjs/common';

/** What happened to the messages of a provider, by number. */
@Injectable()
export class ProviderEventList {
  async page(_provider: string, _afterSequence: bigint, _pageSize: number): Promise<ListProviderEventsResponse> {
    throw new Error('not written yet');
  }
}
