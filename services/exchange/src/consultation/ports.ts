import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';
import type { SupplyRequest, SupplyResponse } from '@crossroads/contracts/source/v1/source_service';
import type { IsoDay } from '@crossroads/identifiers';
import type { CompiledDataService } from '@crossroads/policy';

/** The reference directory, as far as the exchange needs it. */
export interface Directory {
  /** @throws RemoteError, Unavailable */
  check(ssin: string, institutions: readonly string[], day: IsoDay): Promise<CheckResponse>;
}

/** Why a source gave nothing that may be passed on. */
export type SourceFailure = 'SOURCE_UNAVAILABLE' | 'SOURCE_TIMEOUT' | 'SOURCE_ANSWER_INVALID';

/** Authentic sources, found by what is registered of the data service. Never throws. */
export interface Sources {
  supply(service: CompiledDataService, request: SupplyRequest): Promise<SupplyResponse | SourceFailure>;
}
