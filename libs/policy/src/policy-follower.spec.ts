import { EventEmitter, once } from 'node:events';
import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { PermissionDenied, Unavailable } from '@crossroads/grpc';
import { afterEach, describe, expect, it } from '@jest/globals';
import { application, institution, integrator, peerOf, welfareOffice } from './decide/decide.examples.js';
import { type FollowerOptions, PolicyFollower } from './policy-follower.js';

/** Authorization as the test plays it: sends messages to the open connection. */
class FakeAuthorization {
  readonly asked: bigint[] = [];
  private readonly events = new EventEmitter();
  private open: { queue: (WatchResponse | Error)[]; wake: () => void } | undefined;

  readonly watch = async function* (
    this: FakeAuthorization,
    from: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<WatchResponse> {
    let wake = () => {};
    const connection = { queue: [] as (WatchResponse | Error)[], wake: () => wake() };
    this.open = connection;
    this.asked.push(from);
    this.events.emit('connected');
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      const next = connection.queue.shift();
      if (next instanceof Error) throw next;
      if (next) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }.bind(this);

  async connected(times: number): Promise<void> {
    while (this.asked.length < times) await once(this.events, 'connected');
  }

  send(...messages: (WatchResponse | Error)[]): void {
    this.open?.queue.push(...messages);
    this.open?.wake();
  }
}

const part = (policyRevision: bigint, entities: PolicyEntity[], first = true, last = true): WatchResponse => ({
  policyRevision,
  message: { $case: 'snapshotPart', value: { first, last, entities } },
});
const change = (policyRevision: bigint, value: PolicyEntity): WatchResponse => ({
  policyRevision,
  message: { $case: 'change', value },
});
const heartbeat = (policyRevision: bigint): WatchResponse => ({
  policyRevision,
  message: { $case: 'heartbeat', value: { time: undefined } },
});

describe('a policy follower', () => {
  const started: PolicyFollower[] = [];
  afterEach(async () => {
    for (const follower of started.splice(0)) await follower.close();
  });
  const follow = (options: FollowerOptions = {}) => {
    const authorization = new FakeAuthorization();
    const clock = { now: 0 };
    const follower = new PolicyFollower(authorization.watch, { clock: () => clock.now, ...options });
    started.push(follower);
    return { authorization, clock, follower };
  };
  const reasonOf = (ask: () => unknown) => {
    try {
      ask();
    } catch (error) {
      if (error instanceof Unavailable || error instanceof PermissionDenied) return error.reason;
      throw error;
    }
    return undefined;
  };

  it('the policy is stale until the whole snapshot has arrived', async () => {
    const { authorization, follower } = follow();
    await authorization.connected(1);
    expect(reasonOf(() => follower.policy())).toBe('POLICY_STALE');
    authorization.send(part(4n, [institution(welfareOffice)], true, false));
    await expect(follower.whenAt(1n, 20)).rejects.toThrow(Unavailable);
    authorization.send(part(4n, [institution(integrator)], false, true));
    await follower.whenAt(4n);
    expect(follower.policy().institution(welfareOffice)).toBeDefined();
    expect(follower.policy().institution(integrator)).toBeDefined();
    expect(follower.revision).toBe(4n);
  });

  it('changes are applied and announced, and repeated ones are ignored', async () => {
    const { authorization, follower } = follow();
    const announced: bigint[] = [];
    follower.onChange((_, revision) => announced.push(revision));
    await authorization.connected(1);
    authorization.send(part(1n, [institution(welfareOffice)]));
    await follower.whenAt(1n);
    const caller = peerOf(welfareOffice);
    expect(reasonOf(() => follower.requireRegistered(caller))).toBe('KEY_NOT_REGISTERED');
    const registered = application(welfareOffice, `key of ${welfareOffice}`);
    authorization.send(change(1n, institution(integrator)), change(2n, registered));
    await follower.whenAt(2n);
    expect(reasonOf(() => follower.requireRegistered(caller))).toBeUndefined();
    expect(follower.mayActFor(caller, integrator)).toBe(false);
    expect(follower.policy().institution(integrator)).toBeUndefined();
    expect(announced).toEqual([1n, 2n]);
  });

  it('the policy is stale after five seconds of silence, until the next message', async () => {
    const { authorization, clock, follower } = follow();
    await authorization.connected(1);
    authorization.send(part(1n, []));
    await follower.whenAt(1n);
    clock.now = 4_999;
    expect(follower.ready()).toBe(true);
    clock.now = 5_000;
    expect(follower.ready()).toBe(false);
    expect(reasonOf(() => follower.policy())).toBe('POLICY_STALE');
    expect(reasonOf(() => follower.requireRegistered(peerOf(welfareOffice)))).toBe('POLICY_STALE');
    authorization.send(heartbeat(1n));
    await follower.whenAt(1n);
    expect(follower.ready()).toBe(true);
  });

  it('a lost connection is resumed from the current revision', async () => {
    const errors: unknown[] = [];
    const { authorization, follower } = follow({ onError: (error) => errors.push(error) });
    await authorization.connected(1);
    authorization.send(part(3n, [institution(welfareOffice)]), new Error('connection lost'));
    await authorization.connected(2);
    expect(authorization.asked).toEqual([0n, 3n]);
    expect(errors).toHaveLength(1);
    authorization.send(change(4n, institution(integrator)));
    await follower.whenAt(4n);
    expect(follower.policy().institution(welfareOffice)).toBeDefined();
  });

  it('a gap in the messages leads to a new snapshot', async () => {
    const { authorization, follower } = follow();
    await authorization.connected(1);
    authorization.send(part(3n, [institution(welfareOffice)]), heartbeat(5n));
    await authorization.connected(2);
    expect(authorization.asked).toEqual([0n, 0n]);
    authorization.send(part(2n, [institution(integrator)]));
    await authorization.connected(2);
    await follower.whenAt(0n);
    while (follower.revision !== 2n) await new Promise((resolve) => setImmediate(resolve));
    expect(follower.policy().institution(welfareOffice)).toBeUndefined();
  });

  it('a listener that throws does not end the connection', async () => {
    const errors: unknown[] = [];
    const { authorization, follower } = follow({ onError: (error) => errors.push(error) });
    follower.onChange(() => {
      throw new Error('a bug elsewhere');
    });
    await authorization.connected(1);
    authorization.send(part(1n, [institution(welfareOffice)]), heartbeat(1n));
    await follower.whenAt(1n);
    expect(errors).toHaveLength(1);
    expect(authorization.asked).toEqual([0n]);
  });
});
