import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { PortalSettings } from '../portal.settings.js';
import { SessionEnded } from '../session/session.js';
import { OpenSession } from '../session/sessions.js';

/** Of a route that is not for browsers. */
export const WithoutCsrf = Reflector.createDecorator<undefined>();

const READS = new Set(['GET', 'HEAD']);

/** Lets forms through that a page of this session has sent: the token of the session, and an origin that is ours where browsers say one. */
@Injectable()
export class CsrfGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly settings: PortalSettings,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const { method, headers, session } = request;
    if (READS.has(method) || this.reflector.getAllAndOverride(WithoutCsrf, [context.getHandler()]) !== undefined)
      return true;
    if (!(session instanceof OpenSession)) throw new SessionEnded('nobody is signed in');
    const { origin, 'sec-fetch-site': site } = headers;
    const isOurs =
      (origin === undefined || origin === new URL(this.settings.PUBLIC_URL).origin) &&
      (site === undefined || site === 'same-origin' || site === 'none');
    const form: unknown = request.body;
    const token: unknown = typeof form === 'object' && form !== null ? Reflect.get(form, 'csrf') : undefined;
    if (isOurs && session.secret.isCsrfToken(token)) return true;
    throw new ForbiddenException();
  }
}
