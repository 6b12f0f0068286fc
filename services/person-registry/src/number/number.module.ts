import { BlindIndex, FileKeyProvider } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { NumberCodec } from './number.codec.js';
import { Numbers } from './numbers.js';
import { StreamReads } from './stream-reads.js';

/** Numbers and their replacements. */
@Module({
  providers: [
    StreamReads,
    NumberCodec,
    Numbers,
    // The reference directory has the same key, so that its indexes are the same.
    {
      provide: BlindIndex,
      inject: [FileKeyProvider],
      useFactory: (keys: FileKeyProvider) => BlindIndex.open(keys, 'ssin-index'),
    },
  ],
  exports: [StreamReads, NumberCodec, Numbers, BlindIndex],
})
export class NumberModule {}
