import { fields, requestPipe } from '@crossroads/grpc';
import type { z } from 'zod';
import { documentProviderSchema } from './document-provider.reader.js';

const registerDocumentProvider = fields.message({
  requestId: fields.requestId,
  documentProvider: documentProviderSchema,
});

export type RegisterDocumentProviderInput = z.output<typeof registerDocumentProvider>;

export const RegisterDocumentProviderPipe = requestPipe(registerDocumentProvider);
