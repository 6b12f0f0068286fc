import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

const BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/**
 * The random value of a cookie. Everything of a session follows from it: the id of its row, and the key of what is in the row. The database
 * alone opens nothing, and the cookie alone is of no use once the row is gone.
 */
export class SessionSecret {
  private constructor(private readonly value: Buffer) {}

  static create(): SessionSecret {
    return new SessionSecret(randomBytes(BYTES));
  }

  /** Undefined for what no cookie of ours has. */
  static fromCookie(text: string | undefined): SessionSecret | undefined {
    return text !== undefined && FORM.test(text) ? new SessionSecret(Buffer.from(text, 'base64url')) : undefined;
  }

  get cookie(): string {
    return this.value.toString('base64url');
  }

  /** Of the row. */
  get id(): Buffer {
    return this.derived('id');
  }

  /** AES-256-GCM. */
  seal(content: unknown): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.derived('content'), nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
  }

  /** @throws Error when it was sealed with another secret, or changed */
  open(sealed: Buffer): unknown {
    const decipher = createDecipheriv('aes-256-gcm', this.derived('content'), sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const content = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(content.toString('utf8'));
  }

  /** For a form. Another one each time, because the page around it is compressed (BREACH). */
  csrfToken(): string {
    const mask = randomBytes(BYTES);
    return Buffer.concat([mask, xor(mask, this.derived('csrf'))]).toString('base64url');
  }

  isCsrfToken(text: unknown): boolean {
    const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64url');
    if (bytes.length !== 2 * BYTES) return false;
    return timingSafeEqual(xor(bytes.subarray(0, BYTES), bytes.subarray(BYTES)), this.derived('csrf'));
  }

  private derived(use: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.value, '', `crossroads portal ${use}`, BYTES));
  }
}

const xor = (one: Buffer, other: Buffer): Buffer => Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));

/** By which a back-channel logout finds the sessions of a person or of a session at the provider, whose names are not in the database. */
export const hashOf = (issuer: string, kind: 'subject' | 'sid', value: string): Buffer =>
  createHmac('sha256', `crossroads portal ${kind}`).update(`${issuer}\n${value}`).digest();
