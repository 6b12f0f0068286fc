import { Clock } from '@crossroads/configuration';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { dayOf } from '@crossroads/identifiers';
import { type Policy, PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { concerning, grantsFrom } from './deliberation-notice.rules.js';
import { NoticeRules } from './notice-rules.js';
import { NoticeRuns } from './notice-runs.js';
import { partialDayOf } from './notice-text.rules.js';
import { type Notice, Notices } from './notices.js';
import { type FoundPerson, PersonLookup } from './person-lookup.js';

const BATCH_SIZE = 500;

/** Tells those whom a new deliberation concerns: walks through the mailboxes with consent, batch by batch. */
@Injectable()
export class DeliberationNotices {
  constructor(
    private readonly rules: NoticeRules,
    private readonly runs: NoticeRuns,
    private readonly notices: Notices,
    private readonly persons: PersonLookup,
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /** Those of these deliberations that were approved will be told of, unless they were there at the first start of the service. */
  async open(deliberationIds: readonly string[]): Promise<void> {
    const policy = this.policy.policy();
    const approved = deliberationIds.filter((id) => isApproved(policy, id));
    for (const { rule } of this.rules.ofDeliberations) await this.runs.open(rule, approved);
  }

  /** One batch of one deliberation. Repeating it tells nobody twice. @returns whether there was one */
  async tellBatch(): Promise<boolean> {
    const rules = new Map(this.rules.ofDeliberations.map((rule) => [rule.rule, rule]));
    const run = await this.runs.next([...rules.keys()]);
    const rule = rules.get(run?.rule ?? '');
    if (!run || !rule) return false;
    const describe = this.describing(run.cause);
    const owners = describe ? await this.runs.persons(run, BATCH_SIZE) : [];
    if (describe) {
      const found = await this.persons.find(owners, describe.recipient);
      await this.notices.publish(
        found.flatMap((person): Notice[] => {
          const values = describe.values(person);
          const { personId, ids: ownerIds } = person;
          return values ? [{ rule, cause: run.cause, personId, ownerIds, values }] : [];
        }),
      );
    }
    await this.runs.advance(run, owners.at(-1));
    return true;
  }

  /** What a person is told of a deliberation; nothing when it was revoked meanwhile. */
  private describing(deliberationId: string) {
    const policy = this.policy.policy();
    const deliberation = policy.deliberation(deliberationId);
    const today = dayOf(this.clock.now());
    const grants = grantsFrom(policy.grantsBy(deliberationId), today);
    if (!deliberation || !isApproved(policy, deliberationId) || grants.length === 0) return undefined;
    const { recipient, reference, decideTime } = deliberation;
    const institution = policy.institution(recipient)?.name ?? recipient;
    const titles = new Map(grants.map(({ dataService: one }) => [one, policy.dataService(one)?.title ?? one]));
    return {
      recipient,
      values: ({ inscriptions }: FoundPerson) => {
        const concerned = concerning(grants, recipient, inscriptions);
        if (!concerned) return undefined;
        const dataService = concerned.dataServices.map((one) => titles.get(one) ?? one).join(', ');
        // Without a first day it holds from its decision on.
        const effectiveDay = partialDayOf(concerned.start || (decideTime ? dayOf(decideTime) : today));
        return { institution, reference, dataService, effectiveDay };
      },
    };
  }
}

const isApproved = (policy: Policy, deliberationId: string): boolean =>
  policy.deliberation(deliberationId)?.state === DeliberationState.DELIBERATION_STATE_APPROVED;
