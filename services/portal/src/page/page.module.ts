import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { PageFilter } from './page.filter.js';
import { PageInterceptor } from './page.interceptor.js';

/** How every page is answered. */
@Module({
  providers: [
    { provide: APP_INTERCEPTOR, useClass: PageInterceptor },
    { provide: APP_FILTER, useClass: PageFilter },
  ],
})
export class PageModule {}
