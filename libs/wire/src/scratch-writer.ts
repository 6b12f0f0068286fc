import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** Larger ones are rare, and not kept. */
const MAX_BYTES = 256 * 1024;

let free: ScratchWriter | undefined;

/**
 * Writes into the memory of the message before: a writer of its own for each would allocate it, and let it grow, anew. Whoever
 * does not finish it, since a value was no such value, keeps it: the next one gets another.
 */
class ScratchWriter extends BinaryWriter {
  override finish(): Buffer<ArrayBuffer> {
    // Past `private`, since `super.finish()` allocates once more. The version is fixed, and a spec holds what comes out.
    const inner = this as unknown as { readonly buffer: Uint8Array; pos: number };
    const bytes = Buffer.allocUnsafe(inner.pos);
    bytes.set(inner.buffer.subarray(0, inner.pos));
    inner.pos = 0;
    if (inner.buffer.length <= MAX_BYTES) keep(this);
    return bytes;
  }
}

const keep = (writer: ScratchWriter): void => {
  free = writer;
};

/** For one message, to be finished at once. */
export const scratchWriter = (): BinaryWriter => {
  const writer = free ?? new ScratchWriter();
  free = undefined;
  return writer;
};
