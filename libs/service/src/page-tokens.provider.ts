import { PageTokens } from '@crossroads/grpc';
import { FileKeyProvider } from '@crossroads/privacy';
import type { FactoryProvider } from '@nestjs/common';

/** For a module that answers in pages. All processes of the service have the key of the tokens. */
export const pageTokens: FactoryProvider<PageTokens> = {
  provide: PageTokens,
  inject: [FileKeyProvider],
  useFactory: async (keys: FileKeyProvider) => new PageTokens(await keys.secret('page-tokens')),
};
