import { fields, perContext, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { filterFields, personReference } from './check.reader.js';

const checkRequest = perContext((context) =>
  fields.message({ person: personReference(context), ...filterFields(context) }),
);

export type CheckInput = z.output<ReturnType<typeof checkRequest>>;

export const CheckPipe = requestPipe(checkRequest);
