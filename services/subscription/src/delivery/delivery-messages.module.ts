import { FileKeyProvider, Pseudonyms } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { DeliveryEvents } from './delivery-events.js';

/** What a stored delivery looks like to its subscriber, on the topic and in a stream. */
@Module({
  providers: [
    DeliveryEvents,
    {
      provide: Pseudonyms,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new Pseudonyms(await keys.secret('pseudonyms')),
    },
  ],
  exports: [DeliveryEvents],
})
export class DeliveryMessagesModule {}
