import type { WatchRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';

const watchRequest = fields.message({
  /** 0 for the whole policy. */
  fromRevision: fields.field((raw: bigint, refuse): bigint =>
    raw >= 0n ? raw : refuse('NEGATIVE', '0, or a revision that you hold'),
  ),
});

/** The revision after which the watcher wants changes. @throws InvalidInput */
@Injectable()
export class WatchPipe implements PipeTransform<WatchRequest, bigint> {
  transform(request: WatchRequest): bigint {
    return parseRequest(watchRequest, request).fromRevision;
  }
}
