import { createHmac } from 'node:crypto';

/** The keys of messages on topics of institutions. */
export class Pseudonyms {
  constructor(private readonly secret: Buffer) {}

  /** The same for a subject in all messages to one institution, and of no use to match it with another institution's. */
  of(institution: string, subjectId: string): string {
    return createHmac('sha256', this.secret).update(`${institution}\n${subjectId}`).digest('base64url').slice(0, 22);
  }
}
