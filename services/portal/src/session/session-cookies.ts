import type { CookieOptions, Request, Response } from 'express';
import { parseCookie } from 'cookie';
import { PortalSettings } from '../portal.settings.js';
import { Injectable } from '@nestjs/common';
import { SessionSecret } from './session-secret.js';

const SESSION = 'session';
const PENDING = 'sign-in';
const PENDING_MS = 600_000;
const STATE_CHARACTERS = 16;

/**
 * The cookies of the portal. `__Host-` ties them to this host and to https; on one machine, over http, browsers do not allow the prefix.
 * SameSite is Lax: with Strict the browser would leave them out when the provider sends it back. Forms have tokens of their own.
 */
@Injectable()
export class SessionCookies {
  constructor(private readonly settings: PortalSettings) {}

  sessionOf(request: Request): SessionSecret | undefined {
    return this.read(request, SESSION);
  }

  setSession(response: Response, secret: SessionSecret): void {
    response.cookie(this.nameOf(SESSION), secret.cookie, this.options);
  }

  clearSession(response: Response): void {
    response.clearCookie(this.nameOf(SESSION), this.options);
  }

  /** Of the sign-in with this state: tabs that sign in at once have one each. */
  pendingOf(request: Request, state: string): SessionSecret | undefined {
    return this.read(request, this.pendingName(state));
  }

  setPending(response: Response, state: string, secret: SessionSecret): void {
    response.cookie(this.nameOf(this.pendingName(state)), secret.cookie, { ...this.options, maxAge: PENDING_MS });
  }

  clearPending(response: Response, state: string): void {
    response.clearCookie(this.nameOf(this.pendingName(state)), this.options);
  }

  private pendingName(state: string): string {
    return `${PENDING}-${state.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, STATE_CHARACTERS)}`;
  }

  private read(request: Request, name: string): SessionSecret | undefined {
    return SessionSecret.fromCookie(parseCookie(request.headers.cookie ?? '')[this.nameOf(name)]);
  }

  private nameOf(name: string): string {
    return this.settings.isSecure ? `__Host-${name}` : name;
  }

  private get options(): CookieOptions {
    return { httpOnly: true, sameSite: 'lax', path: '/', secure: this.settings.isSecure };
  }
}
