import { Module } from '@nestjs/common';
import { NumberConsumer } from './number.consumer.js';

/** Keeps the numbers of persons up to date with the person registry. */
@Module({ providers: [NumberConsumer] })
export class NumberModule {}
