import type {
  ListDataServicesRequest,
  RegisterDataServiceRequest,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { readFields, readPageSize, readRequestId } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { DataService } from '../policy/policy-entities.js';
import { readDataService } from './data-service.reader.js';

export interface RegisterDataServiceInput {
  readonly requestId: string;
  readonly dataService: DataService;
}

export interface ListDataServicesInput {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** A schema may have 256 KB. */
const PAGE_SIZE = { usual: 10, max: 10 };

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterDataServicePipe implements PipeTransform<RegisterDataServiceRequest, RegisterDataServiceInput> {
  transform({ requestId, dataService }: RegisterDataServiceRequest): RegisterDataServiceInput {
    return readFields({ requestId: readRequestId(requestId), dataService: readDataService(dataService) });
  }
}

/** @throws InvalidInput */
@Injectable()
export class ListDataServicesPipe implements PipeTransform<ListDataServicesRequest, ListDataServicesInput> {
  transform({ pageSize, pageToken }: ListDataServicesRequest): ListDataServicesInput {
    return { ...readFields({ pageSize: readPageSize(pageSize, PAGE_SIZE) }), pageToken };
  }
}
