import { createHash } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { Database, type Tx } from '@crossroads/database';
import type { PendingSignIn } from '@crossroads/openid';
import { Injectable } from '@nestjs/common';
import type { Language } from '../text/language.js';
import { SessionSecret } from './session-secret.js';

/** What has to be known when the browser comes back. */
export interface BegunSignIn extends PendingSignIn {
  readonly language: Language;
  /** A path of ours, without the language. */
  readonly back: string;
}

const LIFETIME_MS = 600_000;

/** Sign-ins that browsers have begun, each bound to one browser by a cookie. */
@Injectable()
export class PendingSignIns {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async add(begun: BegunSignIn): Promise<SessionSecret> {
    const secret = SessionSecret.create();
    await this.db.query('insert into pending_sign_ins (id, sealed, ends_at) values ($1, $2, $3)', [
      secret.id,
      secret.seal(begun),
      new Date(this.clock.now().getTime() + LIFETIME_MS),
    ]);
    return secret;
  }

  /** Takes it out: it is there once. Undefined when it has ended, or was taken. */
  async take(secret: SessionSecret): Promise<BegunSignIn | undefined> {
    const [row] = await this.db.query<{ readonly sealed: Buffer; readonly ends_at: Date }>(
      'delete from pending_sign_ins where id = $1 returning sealed, ends_at',
      [secret.id],
    );
    // Written by `seal` above.
    return row && row.ends_at > this.clock.now() ? (secret.open(row.sealed) as BegunSignIn) : undefined;
  }

  /** Does the work of a logout token that is shown for the first time. When the work fails, the provider may show it again. */
  async onNewLogout(jti: string, work: (tx: Tx) => Promise<unknown>): Promise<void> {
    const id = createHash('sha256').update(jti).digest();
    await this.db.transaction(async (tx) => {
      const rows = await tx.query(
        'insert into used_logout_tokens (id, ends_at) values ($1, $2) on conflict do nothing returning id',
        [id, new Date(this.clock.now().getTime() + LIFETIME_MS)],
      );
      if (rows.length > 0) await work(tx);
    });
  }

  async deleteEnded(): Promise<void> {
    for (const table of ['pending_sign_ins', 'used_logout_tokens'])
      await this.db.query(`delete from ${table} where ends_at < $1`, [this.clock.now()]);
  }
}
