import { isIPv6 } from 'node:net';
import { type CanActivate, type ExecutionContext, HttpException, HttpStatus, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { OpenSession } from '../session/sessions.js';
import { WithoutCsrf } from './csrf.guard.js';
import { SecuritySettings } from './security.settings.js';

const MINUTE_S = 60;

/** Counts pages of a session, or of an address where nobody is signed in; of IPv6 the /64, which one household has. */
@Injectable()
export class RateGuard implements CanActivate {
  private readonly limiter: RateLimiterMemory;

  constructor(
    private readonly reflector: Reflector,
    { LIMIT_PAGES_PER_MINUTE: points }: SecuritySettings,
  ) {
    this.limiter = new RateLimiterMemory({ points, duration: MINUTE_S });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // The provider logs everybody out from one address, and does not say a refused logout again.
    if (this.reflector.get(WithoutCsrf, context.getHandler()) !== undefined) return true;
    const http = context.switchToHttp();
    try {
      await this.limiter.consume(whoOf(http.getRequest<Request>()));
      return true;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      http.getResponse<Response>().setHeader('retry-after', String(Math.ceil(error.msBeforeNext / 1_000)));
      throw new HttpException('too many pages', HttpStatus.TOO_MANY_REQUESTS);
    }
  }
}

const whoOf = ({ session, ip = '' }: Request): string => {
  if (session instanceof OpenSession) return `session ${session.secret.id.toString('base64url')}`;
  return `address ${isIPv6(ip) && !ip.startsWith('::ffff:') ? networkOf(ip) : ip}`;
};

const networkOf = (ip: string): string => {
  const [head = '', tail] = ip.split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
};
