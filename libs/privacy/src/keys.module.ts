import { KeySettings, ServiceIdentity } from '@crossroads/configuration';
import { Global, Module } from '@nestjs/common';
import { FileKeyProvider } from './file-key-provider.js';
import { TopicSealer } from './sealing.js';

/** The named keys of this service, and the sealing of topics with them. */
@Global()
@Module({
  providers: [
    {
      provide: FileKeyProvider,
      inject: [KeySettings],
      useFactory: ({ KEY_FILE }: KeySettings) => new FileKeyProvider(KEY_FILE),
    },
    {
      provide: TopicSealer,
      inject: [FileKeyProvider, ServiceIdentity],
      useFactory: (keys: FileKeyProvider, { name }: ServiceIdentity) => new TopicSealer({ keys, producer: name }),
    },
  ],
  exports: [FileKeyProvider, TopicSealer],
})
export class KeysModule {}
