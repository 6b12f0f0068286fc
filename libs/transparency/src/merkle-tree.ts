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

/** Leaves and nodes are hashed with different prefixes, so that neither can be presented as the other. */
export const leafHash = (entry: Uint8Array): Buffer => sha256(LEAF, entry);

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');

/** The tree over leaf hashes, in their order. The root of an empty tree is the hash of nothing. */
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
      return levels.flatMap((level, height) => level[siblingOf(Math.floor(index / 2 ** height))] ?? []);
    },
  };
};

/** Pairs are hashed; a last one without a pair moves up unchanged, which gives the split of RFC 6962: the largest power of two first. */
const levelAbove = (level: readonly Buffer[]): Buffer[] => {
  const above: Buffer[] = [];
  for (const [place, one] of level.entries())
    if (place % 2 === 1) above.push(nodeHash(level[place - 1] ?? one, one));
    else if (place === level.length - 1) above.push(one);
  return above;
};

const siblingOf = (place: number): number => (place % 2 === 0 ? place + 1 : place - 1);

/**
 * The root to which a path leads from a leaf; nothing when no tree of this size has a path of this shape at this index. It proves that the
 * leaf is under that root. It does not prove size and index: others that give the path the same shape lead to the same root, so they
 * have to be signed as well.
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
