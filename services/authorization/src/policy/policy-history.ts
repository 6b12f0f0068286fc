import { createHash } from 'node:crypto';
import type { Recorded } from '@crossroads/eventsourcing';
import type { PolicyHead } from '@crossroads/policy';

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The hash at revision 0. */
export const ROOT_HASH = sha256('crossroads policy 1');

/**
 * Over the event as it is stored, and not as it is sent: processes of different versions may send it differently. What PostgreSQL
 * gives for `jsonb` has one order of keys.
 */
const hashAfter = (before: Buffer, { id, type, schemaVersion, data }: Recorded): Buffer =>
  sha256(before, JSON.stringify([id, type, schemaVersion, data]));

/** The running hashes of the newest revisions, without a hole. */
export class PolicyHistory {
  /** The oldest revision whose hash is here. */
  private first = 0n;
  private hashes: Buffer[] = [ROOT_HASH];

  /** From two heads that follow each other. */
  static of(before: PolicyHead, head: PolicyHead): PolicyHistory {
    const history = new PolicyHistory();
    history.first = before.revision;
    history.hashes = [before.hash, head.hash];
    return history;
  }

  get head(): PolicyHead {
    return { revision: this.first + BigInt(this.hashes.length - 1), hash: this.hashes.at(-1) ?? ROOT_HASH };
  }

  append(recorded: Recorded): void {
    this.hashes.push(hashAfter(this.head.hash, recorded));
  }

  /** Whether the event is the one that the history has at its revision. */
  has(recorded: Recorded | undefined): boolean {
    if (!recorded) return false;
    const before = this.at(recorded.revision - 1n);
    return before !== undefined && (this.at(recorded.revision)?.equals(hashAfter(before, recorded)) ?? false);
  }

  /** Whether the event is its last one. */
  endsWith(recorded: Recorded | undefined): boolean {
    return recorded?.revision === this.head.revision && this.has(recorded);
  }

  at(revision: bigint): Buffer | undefined {
    return revision < this.first ? undefined : this.hashes[Number(revision - this.first)];
  }

  /** Those after a revision, in order. */
  after(revision: bigint): PolicyHead[] {
    const from = revision < this.first ? this.first : revision + 1n;
    const hashes = this.hashes.slice(Number(from - this.first));
    return hashes.map((hash, index) => ({ revision: from + BigInt(index), hash }));
  }

  forgetBefore(revision: bigint): void {
    if (revision <= this.first) return;
    this.hashes = this.hashes.slice(Number(revision - this.first));
    this.first = revision;
  }
}
