import { Module } from '@nestjs/common';
import { Uploads } from './uploads.js';

/** Documents on their way from a provider, or from the own store, to a reader. */
@Module({ providers: [Uploads], exports: [Uploads] })
export class DocumentModule {}
