import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { commitmentTo, type Part } from './commitment.js';

const PARTS: readonly Part[] = ['ask', 'behind', 'outcome'];

describe('commitments to the parts of a release', () => {
  it('are those of the published vector', () => {
    // Bytes `ask`, `behind`, `outcome`, salts 01 01…, 02 02…, 03 03…: an entry of the access log is a hash over the three.
    const commitments = PARTS.map((part, index) =>
      commitmentTo(part, { bytes: Buffer.from(part), salt: Buffer.alloc(32, index + 1) }),
    );
    const body = createHash('sha256')
      .update(Buffer.concat([Buffer.from('crossroads/body/v1\n'), ...commitments]))
      .digest('hex');
    expect([body.slice(0, 8), body.slice(-8)]).toEqual(['dde6d9b0', 'f6370bee']);
  });

  it('differ between parts with the same bytes and salt', () => {
    const same = { bytes: Buffer.from('x'), salt: Buffer.alloc(32, 1) };
    expect(new Set(PARTS.map((part) => commitmentTo(part, same).toString('hex'))).size).toBe(3);
  });
});
