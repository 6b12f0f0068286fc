import type { WatchRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { InvalidInput } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';

/** The revision after which the watcher wants changes; 0 for the whole policy. @throws InvalidInput */
@Injectable()
export class WatchPipe implements PipeTransform<WatchRequest, bigint> {
  transform({ fromRevision }: WatchRequest): bigint {
    if (fromRevision >= 0n) return fromRevision;
    throw new InvalidInput({
      field: 'from_revision',
      reason: 'NEGATIVE',
      description: '0, or a revision that you hold',
    });
  }
}
