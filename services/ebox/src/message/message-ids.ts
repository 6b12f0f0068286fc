import { randomBytes } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { Injectable } from '@nestjs/common';

const MAX_COUNT = 0xfff;

/**
 * Ids of messages: UUIDv7 (RFC 9562) with a counter in `rand_a`, so that the ids of one process grow even within a millisecond and
 * when its clock is set back. Lists are in the order of ids.
 */
@Injectable()
export class MessageIds {
  private last = 0;
  private count = 0;

  constructor(private readonly clock: Clock) {}

  next(): string {
    const now = this.clock.now().getTime();
    if (now > this.last) [this.last, this.count] = [now, 0];
    else if (this.count < MAX_COUNT) this.count++;
    else [this.last, this.count] = [this.last + 1, 0];
    const time = timeDigits(this.last);
    const random = randomBytes(8).toString('hex');
    const variant = ((Number.parseInt(random.charAt(0), 16) & 0x3) | 0x8).toString(16);
    const count = this.count.toString(16).padStart(3, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
  }
}

/** When a message was received: the time in its id, to the millisecond. */
export const receivedAt = (messageId: string): Date =>
  new Date(Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16));

/** The smallest id of an instant: ids of messages received before it are smaller. */
export const firstIdAt = (instant: Date): string => {
  const time = timeDigits(Math.max(0, instant.getTime()));
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
};

const timeDigits = (milliseconds: number): string => milliseconds.toString(16).padStart(12, '0');
