import { Clock } from '@crossroads/configuration';
import { Database, type Tx } from '@crossroads/database';
import { SignInClient, SignInFailed, type SignedIn } from '@crossroads/openid';
import { processLog } from '@crossroads/telemetry';
import { tokenAudienceOf } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { ServiceAway } from '../mesh/service-away.js';
import { PortalSettings } from '../portal.settings.js';
import { type CitizenService, type Session, SessionEnded } from './session.js';
import { SessionRepository } from './session.repository.js';
import { hashOf, SessionSecret } from './session-secret.js';
import { SessionSettings } from './session.settings.js';

/** What a row holds of its person. Times are milliseconds since 1970. */
interface Content {
  readonly name: string;
  readonly subject: string;
  readonly sid?: string | undefined;
  readonly idToken: string;
  readonly refreshToken: string;
  readonly tokens: Readonly<Partial<Record<CitizenService, { readonly token: string; readonly expiresAt: number }>>>;
}

/** A token that expires sooner is renewed: the call that it is for takes time, and clocks differ. */
const RENEWED_BEFORE_MS = 30_000;
/** The use of a session is written down once in this time. */
const USE_MS = 30_000;

/** Sessions of people who are signed in, in the portal's database. */
@Injectable()
export class Sessions {
  private readonly renewals = new Map<string, Promise<Content>>();

  constructor(
    private readonly db: Database,
    private readonly rows: SessionRepository,
    private readonly provider: SignInClient,
    private readonly clock: Clock,
    private readonly settings: SessionSettings,
    private readonly portal: PortalSettings,
  ) {}

  /** A session with a secret of its own, whatever cookie the browser had before. */
  async begin({ subject, sid, name, authTime, idToken, refreshToken }: SignedIn): Promise<SessionSecret> {
    const secret = SessionSecret.create();
    const content: Content = { name, subject, sid, idToken, refreshToken, tokens: {} };
    const { SIGN_IN_ISSUER: issuer } = this.portal;
    await this.rows.add({
      id: secret.id,
      subjectHash: hashOf(issuer, 'subject', subject),
      sidHash: sid === undefined ? null : hashOf(issuer, 'sid', sid),
      sealed: secret.seal(content),
      usedAt: this.clock.now(),
      endsAt: new Date(authTime.getTime() + this.settings.SESSION_MAX_S * 1_000),
    });
    return secret;
  }

  /** Undefined when it has ended, or never was. */
  async find(secret: SessionSecret): Promise<OpenSession | undefined> {
    const row = await this.rows.find(secret.id);
    const now = this.clock.now().getTime();
    if (!row || row.endsAt.getTime() <= now || row.usedAt.getTime() + this.settings.SESSION_IDLE_S * 1_000 <= now)
      return undefined;
    const content = contentOf(secret, row.sealed);
    if (!content) return undefined;
    if (row.usedAt.getTime() + USE_MS <= now) await this.rows.noteUse(row.id, new Date(now));
    return new OpenSession(this, secret, row.endsAt, content);
  }

  async end(secret: SessionSecret): Promise<void> {
    await this.rows.delete({ id: secret.id });
  }

  /** Ends all sessions of a person, or those of one session at the provider. */
  async endAll(ended: { readonly subject: string } | { readonly sid: string }, tx?: Tx): Promise<void> {
    const { SIGN_IN_ISSUER: issuer } = this.portal;
    await this.rows.delete(
      'sid' in ended
        ? { sidHash: hashOf(issuer, 'sid', ended.sid) }
        : { subjectHash: hashOf(issuer, 'subject', ended.subject) },
      tx,
    );
  }

  count(): Promise<number> {
    return this.rows.count(this.clock.now());
  }

  async deleteEnded(): Promise<void> {
    await this.rows.deleteEnded(this.clock.now());
  }

  /**
   * A new token for a service. Requests of one session that need the same one share its renewal: while the provider is slow, each would hold
   * a connection to the database.
   */
  renewed(secret: SessionSecret, service: CitizenService): Promise<Content> {
    const key = `${secret.id.toString('base64url')} ${service}`;
    const renewal =
      this.renewals.get(key) ?? this.renewedInRow(secret, service).finally(() => this.renewals.delete(key));
    this.renewals.set(key, renewal);
    return renewal;
  }

  /** With the row locked: a refresh token is used once, also by another process. */
  private async renewedInRow(secret: SessionSecret, service: CitizenService): Promise<Content> {
    return this.db.transaction(async (tx) => {
      const [row] = await tx.query<{ readonly sealed: Buffer }>(
        'select sealed from sessions where id = $1 for update',
        [secret.id],
      );
      const held = row && contentOf(secret, row.sealed);
      if (!held) throw new SessionEnded('the session has ended meanwhile');
      if (this.usable(held, service) !== undefined) return held;
      const { token, expiresAt, refreshToken } = await this.tokenFor(held.refreshToken, service);
      const content: Content = {
        ...held,
        refreshToken,
        tokens: { ...held.tokens, [service]: { token, expiresAt: expiresAt.getTime() } },
      };
      await tx.query('update sessions set sealed = $2 where id = $1', [secret.id, secret.seal(content)]);
      return content;
    });
  }

  usable({ tokens }: Content, service: CitizenService): string | undefined {
    const held = tokens[service];
    return held && held.expiresAt - RENEWED_BEFORE_MS > this.clock.now().getTime() ? held.token : undefined;
  }

  private async tokenFor(refreshToken: string, service: CitizenService) {
    try {
      return await this.provider.accessToken(refreshToken, tokenAudienceOf(service));
    } catch (error) {
      if (error instanceof SignInFailed && error.isOutage) throw new ServiceAway('sign-in', { cause: error });
      throw new SessionEnded('the sign-in has ended at the provider', { cause: error });
    }
  }
}

/** A session as one request sees it. */
export class OpenSession implements Session {
  readonly csrfToken: string;

  constructor(
    private readonly sessions: Sessions,
    readonly secret: SessionSecret,
    readonly endsAt: Date,
    private content: Content,
  ) {
    this.csrfToken = secret.csrfToken();
  }

  get name(): string {
    return this.content.name;
  }

  get subject(): string {
    return this.content.subject;
  }

  get idToken(): string {
    return this.content.idToken;
  }

  get refreshToken(): string {
    return this.content.refreshToken;
  }

  async accessToken(service: CitizenService): Promise<string> {
    const held = this.sessions.usable(this.content, service);
    if (held !== undefined) return held;
    this.content = await this.sessions.renewed(this.secret, service);
    const token = this.sessions.usable(this.content, service);
    if (token === undefined) throw new ServiceAway('sign-in');
    return token;
  }
}

/** Written by `seal` above. A row that somebody has changed is no session: undefined. */
const contentOf = (secret: SessionSecret, sealed: Buffer): Content | undefined => {
  try {
    return secret.open(sealed) as Content;
  } catch {
    processLog().warn('the row of a session was changed, so that the session has ended');
    return undefined;
  }
};
