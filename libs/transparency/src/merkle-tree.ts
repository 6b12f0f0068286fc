import { hash } from 'node:crypto';

/** The Merkle tree of RFC 6962, section 2.1, over SHA-256. A hash is 32 bytes. */
export interface MerkleTree {
  readonly root: Buffer;
  /** The audit path of a leaf: the hash of the other side at each level, the lowest first. @throws RangeError */
  pathOf(index: number): Buffer[];
}

const HASH_BYTES = 32;
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** Leaves and nodes are hashed differently, so that neither can be passed off as the other. */
export const leafHash = (entry: Uint8Array): Buffer => sha256(LEAF, entry);

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');

/** Of leaf hashes, in their order. The root of none is the hash of nothing. */
export const merkleTree = (leaves: readonly Buffer[]): MerkleTree => {
  const levels = [leaves];
  for (let level = leaves; level.length > 1; ) {
    level = levelAbove(level);
    levels.push(level);
  }
  return {
    root: levels.at(-1)?.[0] ?? sha256(),
    pathOf: (index) => {
      if (leaves[index] === undefined) throw new RangeError(`a tree of ${leaves.length} has no leaf ${index}`);
      return levels.flatMap((level, height) => level[otherSide(Math.floor(index / 2 ** height))] ?? []);
    },
  };
};

/** Two by two; one that is left over rises as it is, which makes the split of RFC 6962: the largest power of two first. */
const levelAbove = (level: readonly Buffer[]): Buffer[] => {
  const above: Buffer[] = [];
  for (const [place, one] of level.entries())
    if (place % 2 === 1) above.push(nodeHash(level[place - 1] ?? one, one));
    else if (place === level.length - 1) above.push(one);
  return above;
};

const otherSide = (place: number): number => (place % 2 === 0 ? place + 1 : place - 1);

/**
 * The root to which a path leads from a leaf; nothing when no tree of this size has a path of this shape there. Total, at
 * the cost of as many hashes as the tree is high. What it proves is that the leaf is under that root: a size (or place)
 * that gives the path the same shape leads to the same root, so who relies on these has them signed too.
 */
export const rootFromPath = (
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Buffer | undefined => {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return undefined;
  if (leaf.length !== HASH_BYTES) return undefined;
  let reached: Buffer = Buffer.from(leaf);
  let used = 0;
  for (let place = index, last = size - 1; last > 0; place = Math.floor(place / 2), last = Math.floor(last / 2)) {
    if (place % 2 === 0 && place === last) continue;
    const other = path[used++];
    if (other?.length !== HASH_BYTES) return undefined;
    reached = place % 2 === 1 ? nodeHash(other, reached) : nodeHash(reached, other);
  }
  return used === path.length ? reached : undefined;
};
