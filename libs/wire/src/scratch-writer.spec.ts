import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scratchWriter } from './scratch-writer.js';

/** A message of strings, bytes and messages like it. */
interface Message {
  readonly texts: readonly string[];
  readonly bytes: Uint8Array;
  readonly inner: readonly Message[];
}

const leaf = {
  texts: fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 3 }),
  bytes: fc.uint8Array({ maxLength: 400 }),
};

const { message } = fc.letrec<{ message: Message }>((tie) => ({
  message: fc.oneof(
    { maxDepth: 3 },
    fc.record({ ...leaf, inner: fc.constant([]) }),
    fc.record({ ...leaf, inner: fc.array(tie('message'), { maxLength: 2 }) }),
  ),
}));

const write = ({ texts, bytes, inner }: Message, writer: BinaryWriter): BinaryWriter => {
  for (const text of texts) writer.uint32(10).string(text);
  writer.uint32(18).bytes(bytes);
  for (const one of inner) write(one, writer.uint32(26).fork()).join();
  return writer;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const alone = (one: Message): string => hex(write(one, new BinaryWriter()).finish());

describe('the scratch writer', () => {
  it('writes what a writer of its own writes, and no message changes the bytes of another', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
        const written = messages.map((one) => write(one, scratchWriter()).finish());
        expect(written.map(hex)).toEqual(messages.map(alone));
      }),
    );
  });

  it('leaves nothing of a message that was not finished', () => {
    fc.assert(
      fc.property(message, message, (broken, next) => {
        expect(() => write(broken, scratchWriter()).uint32(30).fork().uint32(-1)).toThrow(/uint32/i);
        expect(hex(write(next, scratchWriter()).finish())).toBe(alone(next));
      }),
    );
  });

  it('is nobody else’s until it is finished', () => {
    fc.assert(
      fc.property(message, message, (one, other) => {
        const [first, second] = [scratchWriter(), scratchWriter()];
        write(one, first);
        write(other, second);
        expect([hex(first.finish()), hex(second.finish())]).toEqual([alone(one), alone(other)]);
      }),
    );
  });

  it('keeps the memory of the message before, unless that was large', () => {
    const small = scratchWriter();
    small.finish();
    const again = scratchWriter();
    expect(again).toBe(small);
    const large = Buffer.alloc(300 * 1024, 7);
    expect(hex(again.raw(large).finish())).toBe(hex(large));
    expect(scratchWriter()).not.toBe(again);
  });
});
