import { createHmac } from 'node:crypto';

/** The keys of messages on subscribers' topics. */
export class Pseudonyms {
  constructor(private readonly secret: Buffer) {}

  /** The same for a person in all messages to one institution, and of no use to match them with another institution's. */
  of(institution: string, personId: string): string {
    return createHmac('sha256', this.secret).update(`${institution}\n${personId}`).digest('base64url').slice(0, 22);
  }
}
