import type {
  ListDataServicesRequest,
  RegisterDataServiceRequest,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { dataServiceSchema } from './data-service.reader.js';

const registerDataService = fields.message({ requestId: fields.requestId, dataService: dataServiceSchema });
/** A schema may have 256 KB. */
const listDataServices = fields.message({
  pageSize: fields.pageSize({ usual: 10, max: 10 }),
  pageToken: z.string(),
});

export type RegisterDataServiceInput = z.output<typeof registerDataService>;
export type ListDataServicesInput = z.output<typeof listDataServices>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterDataServicePipe implements PipeTransform<RegisterDataServiceRequest, RegisterDataServiceInput> {
  transform(request: RegisterDataServiceRequest): RegisterDataServiceInput {
    return parseRequest(registerDataService, request);
  }
}

/** @throws InvalidInput */
@Injectable()
export class ListDataServicesPipe implements PipeTransform<ListDataServicesRequest, ListDataServicesInput> {
  transform(request: ListDataServicesRequest): ListDataServicesInput {
    return parseRequest(listDataServices, request);
  }
}
