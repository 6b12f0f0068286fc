import {
  SourceServiceService,
  type SupplyManyRequest,
  type SupplyManyResponse,
  type SupplyRequest,
  type SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { type Call, Rpc } from '@crossroads/grpc';
import { type SourceOptions, SourceServer } from '../source-server.js';

/** Base of a Nest controller that serves `SourceService`. The subclass carries `@GrpcController` with its table of callers. */
export abstract class SourceController {
  private readonly server: SourceServer;

  protected constructor(options: SourceOptions) {
    this.server = new SourceServer(options);
  }

  @Rpc(SourceServiceService.supply)
  supply(request: SupplyRequest, call: Call): Promise<SupplyResponse> {
    return this.server.supply(request, call);
  }

  @Rpc(SourceServiceService.supplyMany)
  supplyMany(request: SupplyManyRequest, call: Call): AsyncIterable<SupplyManyResponse> {
    return this.server.supplyMany(request, call);
  }
}
