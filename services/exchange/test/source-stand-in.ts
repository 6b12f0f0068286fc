import {
  SourceServiceService,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { type ServedService, serve } from '@crossroads/grpc';

export type Supply = (request: SupplyRequest, signal: AbortSignal) => Promise<SupplyResponse>;

/** An authentic source that answers as a spec says, one by one. */
export class SourceStandIn {
  readonly asked: SupplyRequest[] = [];

  constructor(public supply: Supply) {}

  serve(): ServedService {
    const { supply } = SourceServiceService;
    const answer = (request: SupplyRequest, { signal }: { readonly signal: AbortSignal }) => {
      this.asked.push(request);
      return this.supply(request, signal);
    };
    return serve({ supply }, { supply: answer }, { allow: { supply: ['service:exchange'] } });
  }
}
