import type { ListDataServicesResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';
import { dataServiceMessage } from '../policy/policy.message.js';
import { pageOf } from '../policy/page.js';
import type { ListDataServicesInput } from './data-service.pipe.js';

@Injectable()
export class DataServiceList {
  constructor(private readonly live: LivePolicy) {}

  page(input: ListDataServicesInput): ListDataServicesResponse {
    const { page, nextPageToken } = pageOf([...this.live.state.dataServices.values()], input, {
      filters: { list: 'data services' },
      keyOf: ({ name }) => name,
    });
    return { dataServices: page.map(dataServiceMessage), nextPageToken };
  }
}
