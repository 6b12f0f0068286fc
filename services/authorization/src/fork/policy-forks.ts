import { Database, type Tx } from '@crossroads/database';
import { FailedPrecondition } from '@crossroads/grpc';
import type { PolicyHead } from '@crossroads/policy';
import { processLog } from '@crossroads/telemetry';
import { Inject, Injectable } from '@nestjs/common';

/** A head that is not in the history, and who held it first. */
export interface LostHead extends PolicyHead {
  readonly heldBy: string;
}

/**
 * Heads that somebody holds and that are not in the history of this database: it was restored to an older copy, and what was decided
 * since, withdrawals among it, is lost. Until administrators accept that, nobody gets the policy, not even a service that starts and
 * remembers nothing: otherwise a restart would bring withdrawn grants back silently.
 */
@Injectable()
export class PolicyForks {
  private known = false;

  constructor(@Inject(Database) private readonly db: Pick<Database, 'query' | 'execute'>) {}

  /** Whether one is not accepted, as of the last look. */
  get isOpen(): boolean {
    return this.known;
  }

  looked(isOpen: boolean): void {
    this.known = isOpen;
  }

  /** Keeps a lost head. Resolves to whether administrators have accepted its loss. */
  async notice({ revision, hash }: PolicyHead, heldBy: string): Promise<boolean> {
    const added = await this.db.execute(
      'insert into policy_forks (revision, hash, held_by) values ($1, $2, $3) on conflict do nothing',
      [revision, hash, heldBy],
    );
    if (added > 0)
      processLog().error(
        'POLICY_FORKED: a head of the policy is not in the history of this database; was it restored?',
        {
          policyRevision: String(revision),
          policyHash: hash.toString('hex'),
          heldBy,
        },
      );
    const rows = await this.db.query<{ accepted: boolean }>(
      'select accepted_at is not null as accepted from policy_forks where revision = $1 and hash = $2',
      [revision, hash],
    );
    const accepted = rows[0]?.accepted === true;
    if (!accepted) this.known = true;
    return accepted;
  }

  /** Those that nobody has accepted, locked until the end of the transaction. */
  async open(tx: Tx): Promise<LostHead[]> {
    const rows = await tx.query<{ revision: bigint; hash: Buffer; held_by: string }>(
      `select revision, hash, held_by from policy_forks where accepted_at is null order by revision, hash for update`,
    );
    return rows.map(({ held_by: heldBy, ...head }) => ({ ...head, heldBy }));
  }

  async accept(tx: Tx, forks: readonly PolicyHead[], acceptedBy: string): Promise<void> {
    for (const { revision, hash } of forks)
      await tx.execute(
        'update policy_forks set accepted_at = clock_timestamp(), accepted_by = $3 where revision = $1 and hash = $2',
        [revision, hash, acceptedBy],
      );
  }

  /** @throws FailedPrecondition `POLICY_FORKED` */
  requireNone(): void {
    if (this.isOpen) throw policyForked();
  }
}

export const policyForked = (): FailedPrecondition =>
  new FailedPrecondition(
    'POLICY_FORKED',
    'a service holds a policy that is not in the history of this database, which was restored to an older copy; administrators enter again what was lost, and then call AcceptPolicyFork',
  );
