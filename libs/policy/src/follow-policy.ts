import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { connect, type TlsFiles } from '@crossroads/grpc';
import { observe } from '@crossroads/telemetry';
import { authorization } from '@crossroads/topology';
import { type FollowerOptions, PolicyFollower, type PolicySource } from './policy-follower.js';

export interface FollowPolicyOptions extends FollowerOptions {
  /** `host:port` of authorization, or several. */
  readonly address: string | readonly string[];
  readonly tls: TlsFiles;
  readonly trustDomain: string;
}

/** A part of a snapshot is at most a megabyte, unless a single entity is larger. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Then another question is asked, perhaps of another process. */
const CONFIRM_TIMEOUT_MS = 2_000;

/** Connects to authorization in the background, and keeps the policy up to date until it is closed. */
export const followPolicy = ({ address, tls, trustDomain, ...options }: FollowPolicyOptions): PolicyFollower => {
  const connection = connect(AuthorizationServiceService, address, {
    tls,
    trustDomain,
    server: { kind: 'service', name: authorization.name },
    maxMessageBytes: MAX_MESSAGE_BYTES,
  });
  const source: PolicySource = {
    watch: ({ revision: fromRevision, hash: fromHash }, snapshot, signal) =>
      connection.watch({ fromRevision, fromHash, snapshot }, { signal }),
    confirm: async ({ revision, hash }, signal) => {
      const inForce = await connection.confirmPolicy(
        { policyRevision: revision, policyHash: hash },
        { signal, deadlineMs: CONFIRM_TIMEOUT_MS },
      );
      return { revision: inForce.policyRevision, hash: inForce.policyHash };
    },
  };
  const follower = new PolicyFollower(source, {
    ...options,
    onClose: () => {
      for (const unobserve of gauges) unobserve();
      connection.close();
    },
  });
  const gauges = [
    observe('crossroads.policy_age.seconds', () => finite(follower.ageMs / 1_000)),
    observe('crossroads.policy_revision', () => Number(follower.revision)),
    observe('crossroads.policy_forked', () => Number(follower.forked)),
    observe('crossroads.policy_rolled_back', () => Number(follower.rolledBack)),
    observe('crossroads.policy_needs_newer_version', () => Number(follower.needsNewerVersion)),
  ];
  return follower;
};

/** Before the first answer there is no age. */
const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
