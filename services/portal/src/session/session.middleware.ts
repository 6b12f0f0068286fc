import { isOutage } from '@crossroads/grpc';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { SessionCookies } from './session-cookies.js';
import { Sessions } from './sessions.js';

/** Finds the session of the browser. While the database is away nobody is signed in, and public pages go on. */
@Injectable()
export class SessionMiddleware implements NestMiddleware {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly sessions: Sessions,
  ) {}

  use(request: Request, response: Response, next: NextFunction): void {
    this.find(request, response).then(
      () => next(),
      (error: unknown) => next(isOutage(error) ? undefined : error),
    );
  }

  private async find(request: Request, response: Response): Promise<void> {
    const secret = this.cookies.sessionOf(request);
    const session = secret && (await this.sessions.find(secret));
    if (!session) return;
    request.session = session;
    // Also of redirects and downloads.
    response.setHeader('cache-control', 'no-store');
  }
}
