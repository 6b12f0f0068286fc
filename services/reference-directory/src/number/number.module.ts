import { Module } from '@nestjs/common';
import { ErasedNumbers } from '../erasure/erased-numbers.js';
import { NumberConsumer } from './number.consumer.js';

/** Keeps the numbers of persons up to date with the person registry. */
@Module({ providers: [NumberConsumer, ErasedNumbers] })
export class NumberModule {}
