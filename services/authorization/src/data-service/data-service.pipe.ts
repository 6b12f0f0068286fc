import { fields, requestPipe } from '@crossroads/grpc';
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

export const RegisterDataServicePipe = requestPipe(registerDataService);

export const ListDataServicesPipe = requestPipe(listDataServices);
