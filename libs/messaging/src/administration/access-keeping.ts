import { WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import type { PolicyFollower } from '@crossroads/policy';
import { counter, observe, processLog } from '@crossroads/telemetry';
import { INSTITUTION_TOPICS } from '@crossroads/topology';
import { keyOfAcl } from './acl-entries.js';
import type { BrokerAdministration, BrokerRight } from './broker-administration.js';
import { isOfMesh, wantedAccess } from './wanted-access.js';

/** Passes that fail are repeated soon: a withdrawal may wait for them. */
const BACKOFF_MS = { min: 100, max: 1_000 };

/** Created at once: a withdrawal waits for them. */
const MAX_TOPICS = 20;
/** Until a policy that is stale is asked for again. */
const STALE_MS = 250;
/** Then two looks were missed. */
const LATE_AFTER = 3;

const corrected = counter('crossroads.broker_rights.corrected');

export type AccessFollower = Pick<PolicyFollower, 'policy' | 'ready' | 'revision' | 'onChange'>;

/**
 * Makes topics of institutions, and the rights on the broker, equal to what the policy says, in both directions: at each change of the
 * policy and every minute. While the policy is stale nothing is changed. Several processes may do it at once, as all want the same.
 */
export class AccessKeeping {
  private administration: BrokerAdministration | undefined;
  /** Monotonic milliseconds. */
  private equalAt = Number.NEGATIVE_INFINITY;
  private readonly reported = new Set<string>();
  private readonly loop = new WorkLoop({
    pass: () => this.pass(),
    onError: warn('broker access'),
    backoffMs: BACKOFF_MS,
  });
  private readonly endings: (() => void)[] = [];

  constructor(
    private readonly policy: AccessFollower,
    private readonly open: () => Promise<BrokerAdministration>,
    /** Between two looks while the policy does not change: what differs then was done by somebody else. */
    private readonly everyMs = 60_000,
  ) {}

  start(): void {
    this.endings.push(
      this.policy.onChange(() => this.loop.wake()),
      observe('crossroads.broker_rights.age.seconds', () => {
        const seconds = (performance.now() - this.equalAt) / 1_000;
        return Number.isFinite(seconds) ? seconds : undefined;
      }),
    );
    this.loop.start();
  }

  async stop(): Promise<void> {
    for (const end of this.endings.splice(0)) end();
    await this.loop.stop();
    await this.administration?.close();
  }

  /** Whether the broker was equal to the policy at one of the last looks. */
  isEqual(): boolean {
    return performance.now() - this.equalAt < LATE_AFTER * this.everyMs;
  }

  private async pass(): Promise<number> {
    // The follower says why.
    if (!this.policy.ready()) return STALE_MS;
    const wanted = wantedAccess(this.policy.policy());
    const { revision } = this.policy;
    // What was decided may be withdrawn while the broker answers, or this process be stopped for an hour.
    const isCurrent = () => this.policy.policy() !== undefined && this.policy.revision === revision;
    this.administration ??= await this.open();
    const broker = this.administration;
    try {
      const rights = await broker.rights();
      const removed = rights ? without(rights.filter(isOfMesh), wanted.rights) : [];
      if (!isCurrent()) return 0;
      await broker.revoke(removed);
      this.report('removed', removed);
      const topics = await broker.topics();
      const absent = wanted.topics.filter(({ name }) => !topics.has(name));
      for (let from = 0; from < absent.length; from += MAX_TOPICS) {
        if (!isCurrent()) return 0;
        await broker.createTopics(absent.slice(from, from + MAX_TOPICS));
      }
      const missing = rights ? without(wanted.rights, rights) : [];
      if (!isCurrent()) return 0;
      await broker.grant(missing);
      this.report('granted', missing);
      this.reportTopics(topics, new Set(wanted.topics.map(({ name }) => name)));
    } catch (error) {
      // Opened anew: what failed may be the connection.
      this.administration = undefined;
      await broker.close();
      throw error;
    }
    this.equalAt = performance.now();
    return this.everyMs;
  }

  private report(outcome: 'removed' | 'granted', rights: readonly BrokerRight[]): void {
    if (rights.length === 0) return;
    corrected.add(rights.length, { outcome });
    for (const [principal, own] of Map.groupBy(rights, (right) => right.principal))
      processLog().info(`rights on the broker ${outcome}`, {
        principal,
        on: [...new Set(own.map(({ resourceName }) => resourceName))],
      });
  }

  /** What an institution has not read is not deleted, even if it has left: an administrator may. */
  private reportTopics(topics: ReadonlyMap<string, number>, wanted: ReadonlySet<string>): void {
    for (const topic of topics.keys()) {
      const isOrphan = !wanted.has(topic) && INSTITUTION_TOPICS.some(({ prefix }) => topic.startsWith(prefix));
      if (!isOrphan || this.reported.has(topic)) continue;
      this.reported.add(topic);
      processLog().warn('a topic belongs to no institution of the policy; nobody may read it', { topic });
    }
  }
}

const without = (rights: readonly BrokerRight[], others: readonly BrokerRight[]): BrokerRight[] => {
  const keys = new Set(others.map(keyOfAcl));
  return rights.filter((right) => !keys.has(keyOfAcl(right)));
};
