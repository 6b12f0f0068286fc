import { Module } from '@nestjs/common';

/** Documents on their way from a provider, or from the own store, to a reader. */
@Module({})
export class DocumentModule {}
