import { fields, perContext, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { filterFields, personReference } from './check.reader.js';

const MAX_PERSONS = 5_000;

const batchCheckRequest = perContext((context) =>
  fields.message({
    persons: fields.list(personReference(context), { min: 0, max: MAX_PERSONS }),
    ...filterFields(context),
  }),
);

export type BatchCheckInput = z.output<ReturnType<typeof batchCheckRequest>>;

export const BatchCheckPipe = requestPipe(batchCheckRequest);
