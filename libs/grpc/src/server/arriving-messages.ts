import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** The part of grpc-js that makes messages of the data of a call. It has no public access to it. */
interface Decoder {
  write(data: Buffer): Buffer[];
  maxReadMessageLength: number;
  /** Of the message that is arriving, once its length is known. */
  readonly readMessageSize: number;
  /** 0 between messages. */
  readonly readMessageRemaining: number;
}

const isDecoder = (value: unknown): value is Decoder =>
  typeof value === 'object' &&
  value !== null &&
  'maxReadMessageLength' in value &&
  'readMessageSize' in value &&
  'readMessageRemaining' in value &&
  typeof Reflect.get(value, 'write') === 'function';

/** What grpc-js ends a call with whose message has no room. */
export const NO_ROOM = 'no room for the message';

/**
 * Bounds the messages of a call when their length is known, which each message begins with: before they are received.
 * @param maxBytes of one message; absent: the limit of the server
 * @param hold whether there is room for a message of this length, which takes the place of the one before
 * @throws TypeError when grpc-js has changed, so that nothing is served without the bounds
 */
export const boundMessages = (
  call: ServerInterceptingCallInterface,
  maxBytes: number | undefined,
  hold: (bytes: number) => boolean,
): void => {
  const decoder: unknown = Reflect.get(call, 'decoder');
  if (!isDecoder(decoder) || !('maxReceiveMessageSize' in call)) throw new TypeError('grpc-js has another decoder');
  if (maxBytes !== undefined && maxBytes < decoder.maxReadMessageLength) {
    decoder.maxReadMessageLength = maxBytes;
    // Of what compressed messages become.
    call.maxReceiveMessageSize = maxBytes;
  }
  const write = decoder.write.bind(decoder);
  decoder.write = (data) => {
    const messages = write(data);
    const arriving = decoder.readMessageRemaining > 0 ? decoder.readMessageSize : 0;
    const largest = messages.reduce((most, { length }) => Math.max(most, length), arriving);
    // grpc-js ends the call with RESOURCE_EXHAUSTED.
    if (largest > 0 && !hold(largest)) throw new Error(NO_ROOM);
    return messages;
  };
};
