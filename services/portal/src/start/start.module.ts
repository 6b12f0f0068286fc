import { Module } from '@nestjs/common';
import { StartController } from './start.controller.js';

/** The first page, which says what this is. */
@Module({ controllers: [StartController] })
export class StartModule {}
