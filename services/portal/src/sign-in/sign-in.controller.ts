import { describeError } from '@crossroads/grpc';
import { SignInClient, SignInFailed } from '@crossroads/openid';
import { counter, processLog } from '@crossroads/telemetry';
import { BadRequestException, Body, Controller, Get, HttpCode, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ServiceAway } from '../mesh/service-away.js';
import { htmlOf } from '../page/page-html.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import { PortalSettings } from '../portal.settings.js';
import { WithoutCsrf } from '../security/csrf.guard.js';
import { PendingSignIns } from '../session/pending-sign-ins.js';
import { SessionCookies } from '../session/session-cookies.js';
import { OpenSession, Sessions } from '../session/sessions.js';
import { type Language, languageOf } from '../text/language.js';
import { backOf } from './back.rules.js';
import { signInFailedPage } from './sign-in-failed.page.js';

const signIns = counter('crossroads.sign_ins');

/** Nothing of these answers is kept by a browser or a proxy. */
const notKept = (response: Response): Response => response.setHeader('cache-control', 'no-store');

/** The ways in and out. */
@Controller()
export class SignInController {
  constructor(
    private readonly provider: SignInClient,
    private readonly pending: PendingSignIns,
    private readonly sessions: Sessions,
    private readonly cookies: SessionCookies,
    private readonly settings: PortalSettings,
  ) {}

  @Get(':language/sign-in')
  async begin(@Visiting() { language }: Visit, @Query('back') back: unknown, @Res() response: Response): Promise<void> {
    const { url, pending } = await this.begun(language);
    const secret = await this.pending.add({ ...pending, language, back: backOf(back) });
    this.cookies.setPending(response, pending.state, secret);
    notKept(response).redirect(303, url.href);
  }

  /** Where the provider sends the browser. */
  @Get('sign-in/callback')
  async callback(@Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new URL(request.originalUrl, this.settings.PUBLIC_URL).searchParams;
    const state = query.get('state') ?? '';
    const secret = this.cookies.pendingOf(request, state);
    const begun = secret && (await this.pending.take(secret));
    this.cookies.clearPending(response, state);
    if (!begun) return this.failed(request, response, new SignInFailed('NOT_OURS', 'no browser began this sign-in'));
    try {
      const signedIn = await this.provider.complete(query.toString(), begun);
      const before = this.cookies.sessionOf(request);
      // The session of a browser that was signed in already ends: one browser is one person.
      if (before) await this.sessions.end(before);
      this.cookies.setSession(response, await this.sessions.begin(signedIn));
      signIns.add(1, { outcome: 'SUCCEEDED', reason: '' });
      notKept(response).redirect(303, `/${begun.language}${begun.back}`);
    } catch (error) {
      this.failed(request, response, error, begun.language);
    }
  }

  /** Ends the session here, and then at the provider. */
  @Post(':language/sign-out')
  @UseGuards(SignedInGuard)
  async signOut(@SignedIn() session: OpenSession, @Visiting() { language }: Visit, @Res() response: Response) {
    await this.leave(session, response, () => this.sessions.end(session.secret));
    notKept(response).redirect(303, await this.afterwards(session, language));
  }

  /** Ends the sessions of the person in all browsers. */
  @Post(':language/sign-out-everywhere')
  @UseGuards(SignedInGuard)
  async signOutEverywhere(
    @SignedIn() session: OpenSession,
    @Visiting() { language }: Visit,
    @Res() response: Response,
  ) {
    await this.leave(session, response, () => this.sessions.endAll({ subject: session.subject }));
    notKept(response).redirect(303, await this.afterwards(session, language));
  }

  /** Where the provider sends the browser after the logout. It does not say in which language. */
  @Get('signed-out')
  afterSignOut(@Req() request: Request, @Res() response: Response): void {
    notKept(response).redirect(303, `/${languageOf(request.headers['accept-language'])}/signed-out`);
  }

  /** OpenID Connect Back-Channel Logout 1.0: the provider says that somebody has left. */
  @Post('sign-in/back-channel-logout')
  @WithoutCsrf()
  @HttpCode(200)
  async backChannelLogout(@Body('logout_token') token: unknown, @Res({ passthrough: true }) response: Response) {
    notKept(response);
    try {
      const { jti, sid, subject } = await this.provider.endedBy(typeof token === 'string' ? token : '');
      const ended = sid === undefined ? subject !== undefined && { subject } : { sid };
      if (ended) await this.pending.onNewLogout(jti, (tx) => this.sessions.endAll(ended, tx));
      return '';
    } catch (error) {
      if (error instanceof SignInFailed && error.fault === 'NOT_OURS') throw new BadRequestException();
      if (error instanceof SignInFailed) throw new ServiceAway('sign-in', { cause: error });
      throw error;
    }
  }

  private async leave(session: OpenSession, response: Response, end: () => Promise<unknown>): Promise<void> {
    await end();
    this.cookies.clearSession(response);
    response.setHeader('clear-site-data', '"cache", "storage"');
    // Signing out works while the provider is away: its tokens end by themselves within minutes.
    await this.provider.revoke(session.refreshToken).catch((error: unknown) => {
      processLog().warn('a refresh token was not revoked', describeError(error));
    });
  }

  private async afterwards({ idToken }: OpenSession, language: string): Promise<string> {
    try {
      return (await this.provider.endSessionUrl(idToken, `${this.settings.PUBLIC_URL}/signed-out`)).href;
    } catch {
      return `/${language}/signed-out`;
    }
  }

  private async begun(language: Language) {
    try {
      return await this.provider.begin(language);
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error;
      signIns.add(1, { outcome: 'FAILED', reason: error.fault });
      processLog().warn(`no sign-in can begin: ${error.message}`, describeError(error));
      throw new ServiceAway('sign-in', { cause: error });
    }
  }

  /** @param begunIn absent: nobody knows in which language the sign-in was begun, and the browser says one */
  private failed(request: Request, response: Response, error: unknown, begunIn?: Language): void {
    if (!(error instanceof SignInFailed)) throw error;
    signIns.add(1, { outcome: error.isOutage ? 'FAILED' : 'REFUSED', reason: error.fault });
    if (error.isOutage) throw new ServiceAway('sign-in', { cause: error });
    const language = begunIn ?? languageOf(request.headers['accept-language']);
    const page = signInFailedPage(language, error.fault);
    const visit = { language, path: '', search: '', session: request.session };
    notKept(response).status(page.status).type('html').send(htmlOf(visit, page));
  }
}
