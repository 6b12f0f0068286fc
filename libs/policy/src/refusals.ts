import { PermissionDenied, Unavailable } from '@crossroads/grpc';
import { formOfRight, type RightKind } from '@crossroads/topology';

const retryAfterMs = 1_000;

export const policyStale = () =>
  new Unavailable('POLICY_STALE', 'authorization has not confirmed the policy for too long to decide; try again soon', {
    retryAfterMs,
  });

export const policyForked = () =>
  new Unavailable(
    'POLICY_FORKED',
    'authorization has another history of the policy than this service; administrators have to accept it first',
    { retryAfterMs },
  );

export const policyRolledBack = () =>
  new Unavailable(
    'POLICY_ROLLBACK',
    'authorization offers an older policy than this service has held; administrators have to bring it up to date, or to accept the loss',
    { retryAfterMs },
  );

export const needsNewerVersion = () =>
  new Unavailable(
    'NEEDS_NEWER_VERSION',
    'the policy has something that this version does not know; ask another process',
    { retryAfterMs },
  );

export const keyNotRegistered = () =>
  new PermissionDenied(
    'KEY_NOT_REGISTERED',
    "the key of this certificate is not registered for its institution's application, or no longer; ask an administrator to register it",
  );

/** @param right as it would be registered */
export const rightMissing = (right: string) =>
  new PermissionDenied(
    'RIGHT_MISSING',
    `this application does not have the right ${right}; use one that has it, or ask an administrator to register this one with it`,
    { metadata: { right } },
  );

/** For an rpc that needs one of these. */
export const oneRightMissing = (kinds: readonly RightKind[]) => rightMissing(kinds.map(formOfRight).join(' or '));
