import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { PageFilter } from './page.filter.js';
import { PageInterceptor } from './page.interceptor.js';
import { SignedOutController } from './signed-out.controller.js';
import { RequestMetricsMiddleware } from './request-metrics.middleware.js';

/** How every page is answered. */
@Module({
  controllers: [SignedOutController],
  providers: [
    { provide: APP_INTERCEPTOR, useClass: PageInterceptor },
    { provide: APP_FILTER, useClass: PageFilter },
  ],
})
export class PageModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(RequestMetricsMiddleware).forRoutes('{*path}');
  }
}
