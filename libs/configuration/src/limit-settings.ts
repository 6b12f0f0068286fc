import { wholeNumber } from './setting.js';

const MIB = 1024 * 1024;

/**
 * How much one caller (an institution with all its applications, or a service) may ask of one process. What comes by default is far
 * above what an institution needs, and below what would take the others' part.
 */
export const limitSettings = {
  callsPerSecond: wholeNumber(
    'LIMIT_CALLS_PER_SECOND',
    'calls that one caller may make in a second; twice as many at once after a rest',
    { min: 1, max: 1_000_000, default: '10000' },
  ),
  concurrentCalls: wholeNumber('LIMIT_CONCURRENT_CALLS', 'calls of one caller in hand at once, over all connections', {
    min: 1,
    max: 1_000_000,
    default: '1000',
  }),
} as const;

/** The largest message that a service takes in; what it can do with depends on the service. */
export const messageLimit = (bytes = 4 * MIB) => ({
  messageBytes: wholeNumber('LIMIT_MESSAGE_BYTES', 'the largest message of a request, in bytes', {
    min: 1024,
    max: 64 * MIB,
    default: String(bytes),
  }),
});

export interface LimitSettings {
  readonly callsPerSecond: number;
  readonly concurrentCalls: number;
  readonly messageBytes: number;
}

/** The limits of a server, as `libs/grpc` takes them. */
export const limitsOf = ({ callsPerSecond, concurrentCalls, messageBytes }: LimitSettings) => ({
  callsPerSecond,
  concurrentCalls,
  maxMessageBytes: messageBytes,
});
