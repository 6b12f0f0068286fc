import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** The keys of messages on topics of institutions. */
export class Pseudonyms {
  /** Prepared once: with a key given as bytes each HMAC takes 8 µs instead of 1.5. */
  private readonly key: KeyObject;

  constructor(secret: Buffer) {
    this.key = createSecretKey(secret);
  }

  /** The same for a subject in all messages to one institution, and of no use to match it with another institution's. */
  of(institution: string, subjectId: string): string {
    return createHmac('sha256', this.key).update(`${institution}\n${subjectId}`).digest('base64url').slice(0, 22);
  }
}
