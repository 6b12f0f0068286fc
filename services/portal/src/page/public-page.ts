import { applyDecorators, Header } from '@nestjs/common';

/** A page that is the same for everybody who is not signed in; with a session in its head it is kept nowhere (`PageInterceptor`). */
export const PublicPage = (): MethodDecorator =>
  applyDecorators(Header('cache-control', 'public, max-age=60'), Header('vary', 'Cookie'));
