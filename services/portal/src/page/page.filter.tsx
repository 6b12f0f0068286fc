import { describeError, isOutage } from '@crossroads/grpc';
import { processLog } from '@crossroads/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ServiceAway } from '../mesh/service-away.js';
import { SessionEnded } from '../session/session.js';
import { languageOf } from '../text/language.js';
import { errorPage, sessionEndedPage } from './error.page.js';
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
      answerEnded(request, response, visit);
      return;
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

/** Whoever had a session is told that it is over, also after a form that came too late; others go to sign in. */
const answerEnded = (request: Request, response: Response, visit: Visit): void => {
  const isPage = request.method === 'GET';
  const back = `${visit.path}${isPage ? visit.search : ''}`;
  response.setHeader('cache-control', 'no-store');
  // Whoever wants to leave is not asked to sign in.
  if (visit.path.startsWith('/sign-out')) response.redirect(303, `/${visit.language}/signed-out`);
  else if (isPage && !hadSession(request))
    response.redirect(303, `/${visit.language}/sign-in?back=${encodeURIComponent(back)}`);
  else {
    const page = sessionEndedPage(visit.language, back);
    response
      .status(page.status)
      .type('html')
      .send(htmlOf({ ...visit, session: undefined }, page));
  }
};

const hadSession = ({ headers }: Request): boolean => /(^|; *)(__Host-)?session=/.test(headers.cookie ?? '');

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
