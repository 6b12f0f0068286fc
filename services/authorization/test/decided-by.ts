import { Unavailable } from '@crossroads/grpc';
import { parseIsoDay } from '@crossroads/identifiers';
import { decide, type PolicyFollower } from '@crossroads/policy';
import { eventually } from '@crossroads/testing';
import { question } from './requests.js';

const day = parseIsoDay('2026-06-15');
if (!day) throw new TypeError('no day');

/** What a follower decides on `question`, or why it does not. */
export const decidedBy = (follower: PolicyFollower): string => {
  const { fieldGroups: requestedFieldGroups, customer, dataService, legalContext, inscriptionContexts } = question;
  const peer = { kind: 'service', name: 'exchange', spki: '' } as const;
  const asked = { customer, dataService, legalContext, inscriptionContexts, requestedFieldGroups, peer };
  try {
    const decision = decide(follower.policy(), {
      ...asked,
      mode: 'online',
      day,
    });
    return decision.allowed ? 'allowed' : decision.reason;
  } catch (error) {
    if (error instanceof Unavailable) return error.reason;
    throw error;
  }
};

export const whenDecided = (follower: PolicyFollower, wanted: string): Promise<string> =>
  eventually(
    () => decidedBy(follower),
    (decided) => decided === wanted,
  );

/** All that is decided until it is this. */
export const decisionsUntil = async (follower: PolicyFollower, wanted: string): Promise<ReadonlySet<string>> => {
  const seen = new Set<string>();
  await eventually(
    () => {
      const decided = decidedBy(follower);
      seen.add(decided);
      return decided;
    },
    (decided) => decided === wanted,
  );
  return seen;
};
