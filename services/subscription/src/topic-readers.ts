import type { Database } from '@crossroads/database';
import type { PolicyFollower } from '@crossroads/policy';
import { subscribingInstitutions } from './subscription-table.js';
import type { Subscriptions } from './subscriptions.js';

export interface TopicReadersOptions {
  readonly db: Database;
  readonly policy: PolicyFollower;
  readonly subscriptions: Pick<Subscriptions, 'ensureTopic'>;
  /** A deliberation changed: subscriptions may have lost what they stand on. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** Keeps subscribers' topics readable to the applications that their institutions have registered since. */
export const readersOf = ({ db, policy, subscriptions, onChange, onError }: TopicReadersOptions) => {
  let working: Promise<unknown> = Promise.resolve();
  const ensure = async (institution: string) => {
    const subscribing = await subscribingInstitutions(db);
    if (subscribing.includes(institution)) await subscriptions.ensureTopic(institution);
  };
  const end = policy.onChange(({ entity }) => {
    if (entity?.$case === 'deliberation' || entity?.$case === 'dataService') onChange();
    if (entity?.$case !== 'application') return;
    const { enterpriseNumber } = entity.value;
    working = working.then(() => ensure(enterpriseNumber)).catch(onError);
  });
  return {
    close: async () => {
      end();
      await working;
    },
  };
};
