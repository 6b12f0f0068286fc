import { describeError, isOutage } from '@crossroads/grpc';
import { processLog } from '@crossroads/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ServiceAway } from '../mesh/service-away.js';
import { SessionEnded } from '../session/session.js';
import { languageOf } from '../text/language.js';
import { errorPage } from './error.page.js';
import { htmlOf } from './page-html.js';
import { type Visit, visitOf } from './visit.js';

/** Answers errors with a page that says what happened and what to do, and nothing of their message. */
@Catch()
export class PageFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (response.headersSent) return void response.destroy();
    const visit = visitOrStart(request);
    if (error instanceof SessionEnded) {
      response.setHeader('cache-control', 'no-store');
      // Whoever wants to leave is not asked to sign in.
      if (visit.path.startsWith('/sign-out')) return void response.redirect(303, `/${visit.language}/signed-out`);
      // A form that was sent too late is not sent again: the person comes back to the page of the form.
      const back = encodeURIComponent(`${visit.path}${request.method === 'GET' ? visit.search : ''}`);
      return response.redirect(303, `/${visit.language}/sign-in?back=${back}`);
    }
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof ServiceAway))
      processLog().error('a page could not be answered', describeError(error));
    response
      .status(status)
      .type('html')
      .setHeader('cache-control', 'no-store')
      .send(htmlOf(visit, errorPage(visit.language, status)));
  }
}

const statusOf = (error: unknown): number => {
  if (error instanceof ServiceAway || isOutage(error)) return 503;
  return error instanceof HttpException ? error.getStatus() : 500;
};

/** A request outside the pages of a language is answered in the one of the browser. */
const visitOrStart = (request: Request): Visit => {
  try {
    return visitOf(request);
  } catch {
    return { language: languageOf(request.headers['accept-language']), path: '', search: '', session: request.session };
  }
};
