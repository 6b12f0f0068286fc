import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leafHash, merkleTree, rootFromPath } from './merkle-tree.js';

// The test tree of Certificate Transparency's reference implementation (entries, hashes of nodes, roots by size).
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const LEAF_0 = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
const LEAF_1 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const LEAF_4 = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const NODE_0_1 = 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125';
const NODE_2_3 = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const NODE_6_7 = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const NODE_0_3 = 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7';
const NODE_4_7 = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';

const leaves = (size: number) => ENTRIES.slice(0, size).map((entry) => leafHash(Buffer.from(entry, 'hex')));

describe('the Merkle tree of RFC 6962', () => {
  it('has the roots of the reference implementation', () => {
    expect(ROOTS.map((_, size) => merkleTree(leaves(size)).root.toString('hex'))).toEqual(ROOTS);
  });

  it.each([
    [0, 1, []],
    [0, 2, [LEAF_1]],
    [1, 2, [LEAF_0]],
    [2, 3, [NODE_0_1]],
    [1, 5, [LEAF_0, NODE_2_3, LEAF_4]],
    [4, 5, [NODE_0_3]],
    [0, 8, [LEAF_1, NODE_2_3, NODE_4_7]],
    [5, 8, [LEAF_4, NODE_6_7, NODE_0_3]],
  ])('has the path of the reference implementation from leaf %d of %d', (index, size, path) => {
    expect(
      merkleTree(leaves(size))
        .pathOf(index)
        .map((hash) => hash.toString('hex')),
    ).toEqual(path);
  });

  it('has no path for a leaf beyond its size', () => {
    for (const index of [3, -1, 0.5, Number.NaN]) expect(() => merkleTree(leaves(3)).pathOf(index)).toThrow(RangeError);
    expect(() => merkleTree([]).pathOf(0)).toThrow(RangeError);
  });
});

describe('a path to the root', () => {
  const many = Array.from({ length: 70 }, (_, place) => leafHash(Buffer.from(`entry ${place}`)));
  const trees = many.map((_, place) => merkleTree(many.slice(0, place + 1)));

  /** A leaf of a tree, as its reader knows it. */
  const proven = fc.integer({ min: 1, max: 70 }).chain((size) =>
    fc.integer({ min: 0, max: size - 1 }).map((index) => {
      const [leaf, tree] = [many[index], trees[size - 1]];
      if (leaf === undefined || tree === undefined) throw new RangeError('no such leaf');
      return { leaf, index, size, path: tree.pathOf(index), root: tree.root };
    }),
  );
  type Proven = typeof proven extends fc.Arbitrary<infer One> ? One : never;

  const leads = ({ leaf, index, size, path, root }: Proven): boolean =>
    rootFromPath(leaf, index, size, path)?.equals(root) === true;

  const flipped = (hash: Buffer, bit: number): Buffer => {
    const other = Buffer.from(hash);
    other.writeUInt8(other.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return other;
  };
  const aBit = fc.integer({ min: 0, max: 255 });

  it('leads to the root from every leaf of every size up to 70', () => {
    for (const [place, tree] of trees.entries())
      for (const [index, leaf] of many.slice(0, place + 1).entries())
        expect(rootFromPath(leaf, index, place + 1, tree.pathOf(index))).toEqual(tree.root);
  });

  it('leads to another root from another leaf', () => {
    fc.assert(fc.property(proven, aBit, (one, bit) => !leads({ ...one, leaf: flipped(one.leaf, bit) })));
  });

  it('leads to another root or none from another index', () => {
    fc.assert(
      fc.property(
        proven,
        fc.integer({ min: -2, max: 140 }),
        (one, index) => index === one.index || !leads({ ...one, index }),
      ),
    );
  });

  it('leads to another root with another hash', () => {
    fc.assert(
      fc.property(proven, fc.nat(), aBit, (one, nth, bit) => {
        fc.pre(one.path.length > 0);
        const at = nth % one.path.length;
        return !leads({ ...one, path: one.path.map((hash, place) => (place === at ? flipped(hash, bit) : hash)) });
      }),
    );
  });

  it('leads to no root when it is longer or shorter than the tree is high', () => {
    fc.assert(
      fc.property(proven, fc.nat(), fc.constantFrom(1, 2, 1_000), (one, nth, more) => {
        const { leaf, index, size, path } = one;
        const at = nth % (path.length + 1);
        const longer = path.toSpliced(at, 0, ...Array.from({ length: more }, () => leaf));
        const ways = [longer, ...path.map((_, place) => path.toSpliced(place, 1))];
        return ways.every((way) => rootFromPath(leaf, index, size, way) === undefined);
      }),
    );
  });

  it('leads to no root in a tree of a size for which its length is wrong', () => {
    fc.assert(
      fc.property(proven, fc.integer({ min: -2, max: 140 }), (one, size) => {
        const length = size > one.index && size <= 70 ? trees[size - 1]?.pathOf(one.index).length : undefined;
        fc.pre(size <= 70 && length !== one.path.length);
        return rootFromPath(one.leaf, one.index, size, one.path) === undefined;
      }),
    );
  });

  it.each<[string, Partial<Proven>]>([
    ['of a size that is no number', { size: Number.NaN }],
    ['of a size that is not whole', { size: 2.5 }],
    ['of an infinite size', { size: Number.POSITIVE_INFINITY }],
    ['of no size', { size: 0 }],
    ['from a place that is no number', { index: Number.NaN }],
    ['from between two places', { index: 0.5 }],
    ['from behind the last', { index: 2 }],
    ['from a leaf that is no hash', { leaf: Buffer.alloc(31) }],
    ['through what is no hash', { path: [Buffer.alloc(33)] }],
    ['through nothing', { path: [Buffer.alloc(0)] }],
  ])('leads to no root %s', (_, change) => {
    const [leaf, other] = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))];
    const good = { leaf, index: 0, size: 2, path: [other] };
    expect(rootFromPath(good.leaf, good.index, good.size, good.path)).toEqual(merkleTree([leaf, other]).root);
    const { leaf: from, index, size, path } = { ...good, ...change };
    expect(rootFromPath(from, index, size, path)).toBeUndefined();
  });

  it('can be followed in the largest tree', () => {
    const path = Array.from({ length: 53 }, () => Buffer.alloc(32));
    expect(rootFromPath(Buffer.alloc(32), 0, Number.MAX_SAFE_INTEGER, path)).toHaveLength(32);
    expect(rootFromPath(Buffer.alloc(32), 0, Number.MAX_SAFE_INTEGER, path.slice(1))).toBeUndefined();
  });
});
