import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { PageAnswer } from './page-answer.js';
import { htmlOf } from './page-html.js';
import { SeeOther } from './see-other.js';
import { visitOf } from './visit.js';

/** Makes HTML of a handler's `PageAnswer`, and a redirect of its `SeeOther`; anything else goes out as it is. */
@Injectable()
export class PageInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      map((answer: unknown) => {
        if (answer instanceof SeeOther) {
          http.getResponse<Response>().status(303).location(answer.url);
          return '';
        }
        if (!(answer instanceof PageAnswer)) return answer;
        const visit = visitOf(http.getRequest<Request>());
        const response = http.getResponse<Response>();
        response.status(answer.status).type('html');
        if (visit.session || answer.status !== 200) response.setHeader('cache-control', 'no-store');
        return htmlOf(visit, answer);
      }),
    );
  }
}
