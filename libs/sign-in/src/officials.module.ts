import { Module } from '@nestjs/common';
import { Officials } from './officials.js';

/** Provides `Officials`. */
@Module({ providers: [Officials], exports: [Officials] })
export class OfficialsModule {}
