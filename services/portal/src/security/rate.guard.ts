import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Request } from 'express';
import { OpenSession } from '../session/sessions.js';

/** Counts pages of a session, or of an address where nobody is signed in; of IPv6 the /64, which one household has. */
@Injectable()
export class RateGuard extends ThrottlerGuard {
  protected override async getTracker(request: Request): Promise<string> {
    const { session, ip = '' } = request;
    if (session instanceof OpenSession) return `session ${session.secret.id.toString('base64url')}`;
    return `address ${isIPv6(ip) && !ip.startsWith('::ffff:') ? networkOf(ip) : ip}`;
  }
}

const networkOf = (ip: string): string => {
  const [head = '', tail] = ip.split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0')].slice(0, 4).join(':');
};
