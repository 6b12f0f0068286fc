import { Module } from '@nestjs/common';
import { StatementController } from './statement.controller.js';

/** What the pages say of themselves: accessibility, privacy. */
@Module({ controllers: [StatementController] })
export class StatementModule {}
