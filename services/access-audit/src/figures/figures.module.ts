import { pageTokens } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AccessLogModule } from '../access-log/access-log.module.js';
import { FiguresController } from './figures.controller.js';

/** How much was exchanged, in numbers. */
@Module({ imports: [AccessLogModule], controllers: [FiguresController], providers: [pageTokens] })
export class FiguresModule {}
