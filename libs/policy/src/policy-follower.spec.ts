import { EventEmitter, once } from 'node:events';
import type { WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { DeliberationState, type PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { PermissionDenied, RemoteError, status, Unavailable } from '@crossroads/grpc';
import { afterEach, describe, expect, it } from '@jest/globals';
import { application, institution, integrator, peerOf, welfareOffice } from './decide/decide.examples.js';
import { type FollowerOptions, PolicyFollower, type PolicySource } from './policy-follower.js';
import { NO_HEAD, type PolicyHead } from './policy-head.js';

/** Any hash that differs by revision and by history. */
const hashAt = (revision: bigint, history = ''): Buffer => Buffer.from(`${history}${revision}`.padEnd(32));
const headAt = (revision: bigint, history = ''): PolicyHead =>
  revision === 0n ? NO_HEAD : { revision, hash: hashAt(revision, history) };

interface Question {
  readonly held: PolicyHead;
  readonly answer: (inForce: PolicyHead) => void;
  readonly refuse: (error: Error) => void;
}

/** Authorization as the test plays it: sends messages to the open connection, and answers questions by itself unless told otherwise. */
class FakeAuthorization implements PolicySource {
  readonly watched: { readonly held: PolicyHead; readonly snapshot: boolean }[] = [];
  readonly questions: Question[] = [];
  answersItself = true;
  private inForce: PolicyHead = NO_HEAD;
  private readonly events = new EventEmitter();
  private open: { queue: (WatchResponse | Error)[]; wake: () => void } | undefined;

  async *watch(held: PolicyHead, snapshot: boolean, signal: AbortSignal): AsyncGenerator<WatchResponse> {
    let wake = () => {};
    const connection = { queue: [] as (WatchResponse | Error)[], wake: () => wake() };
    this.open = connection;
    this.watched.push({ held, snapshot });
    this.events.emit('happened');
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
  }

  confirm(held: PolicyHead, signal: AbortSignal): Promise<PolicyHead> {
    if (this.answersItself) return Promise.resolve(this.inForce);
    const { promise, resolve: answer, reject: refuse } = Promise.withResolvers<PolicyHead>();
    signal.addEventListener('abort', () => refuse(new Error('nobody answered')));
    this.questions.push({ held, answer, refuse });
    this.events.emit('happened');
    return promise;
  }

  async connected(times: number): Promise<void> {
    while (this.watched.length < times) await once(this.events, 'happened');
  }

  async asked(times: number): Promise<Question> {
    while (this.questions.length < times) await once(this.events, 'happened');
    const question = this.questions[times - 1];
    if (!question) throw new Error('nothing was asked');
    return question;
  }

  send(...messages: (WatchResponse | Error)[]): void {
    for (const message of messages)
      if (!(message instanceof Error)) this.inForce = { revision: message.policyRevision, hash: message.policyHash };
    this.open?.queue.push(...messages);
    this.open?.wake();
  }
}

const message = (policyRevision: bigint, value: WatchResponse['message'], history = ''): WatchResponse => ({
  policyRevision,
  policyHash: hashAt(policyRevision, history),
  previousHash: hashAt(policyRevision - 1n, history),
  message: value,
});
const part = (revision: bigint, entities: PolicyEntity[], first = true, last = true, history = ''): WatchResponse =>
  message(revision, { $case: 'snapshotPart', value: { first, last, entities, lost: undefined } }, history);
/** A whole snapshot, after administrators have accepted that a head is lost. */
const instead = (of: PolicyHead, revision: bigint, entities: PolicyEntity[], history: string): WatchResponse => {
  const lost = { policyRevision: of.revision, policyHash: of.hash, heldBy: 'exchange' };
  return message(revision, { $case: 'snapshotPart', value: { first: true, last: true, entities, lost } }, history);
};
const change = (revision: bigint, value: PolicyEntity, history = ''): WatchResponse =>
  message(revision, { $case: 'change', value }, history);
const heartbeat = (revision: bigint, history = ''): WatchResponse =>
  message(revision, { $case: 'heartbeat', value: { time: undefined } }, history);
const deliberation = (state: DeliberationState): PolicyEntity => ({
  entity: {
    $case: 'deliberation',
    value: {
      deliberationId: 'one',
      reference: '',
      title: '',
      recipient: welfareOffice,
      grants: [],
      state,
      decideTime: undefined,
      revokeTime: undefined,
    },
  },
});
const forked = () =>
  new RemoteError(status.FAILED_PRECONDITION, 'another history', 'POLICY_FORKED', '', {}, [], undefined);

describe('a policy follower', () => {
  const started: PolicyFollower[] = [];
  afterEach(async () => {
    for (const follower of started.splice(0)) await follower.close();
  });
  const follow = (options: FollowerOptions = {}, answersItself = true) => {
    const authorization = new FakeAuthorization();
    authorization.answersItself = answersItself;
    const clock = { now: 0 };
    const errors: string[] = [];
    const log = { info: () => {}, warn: () => {}, error: (line: string) => void errors.push(line) };
    const follower = new PolicyFollower(authorization, { clock: () => clock.now, log, ...options });
    started.push(follower);
    return { authorization, clock, follower, errors };
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
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };

  it('the policy is stale until the whole snapshot has arrived', async () => {
    const { authorization, follower } = follow();
    await authorization.connected(1);
    expect(reasonOf(() => follower.policy())).toBe('POLICY_STALE');
    // The guard says so, before there is a policy.
    expect(follower.refusalOf(peerOf(welfareOffice))).toBeUndefined();
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
    expect(follower.refusalOf(caller)).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
    const registered = application(welfareOffice, `key of ${welfareOffice}`);
    authorization.send(change(1n, institution(integrator)), change(2n, registered));
    await follower.whenAt(2n);
    expect(reasonOf(() => follower.requireRegistered(caller))).toBeUndefined();
    expect(follower.refusalOf(caller)).toBeUndefined();
    expect(follower.mayActFor(caller, integrator)).toBe(false);
    expect(follower.policy().institution(integrator)).toBeUndefined();
    expect(announced).toEqual([1n, 2n]);
  });

  it('a lost connection is resumed from the head that is held', async () => {
    const failures: unknown[] = [];
    const { authorization, follower } = follow({ onError: (error) => failures.push(error) });
    await authorization.connected(1);
    authorization.send(part(3n, [institution(welfareOffice)]), new Error('connection lost'));
    await authorization.connected(2);
    expect(authorization.watched).toEqual([
      { held: NO_HEAD, snapshot: true },
      { held: headAt(3n), snapshot: false },
    ]);
    expect(failures).toHaveLength(1);
    authorization.send(change(4n, institution(integrator)));
    await follower.whenAt(4n);
    expect(follower.policy().institution(welfareOffice)).toBeDefined();
  });

  it.each([
    ['a heartbeat of a later revision', heartbeat(5n)],
    ['a change after one that did not arrive', change(5n, institution(integrator))],
  ])('%s leads to a new snapshot, which is asked for with the head that is held', async (_, later) => {
    const { authorization, follower } = follow();
    await authorization.connected(1);
    authorization.send(part(3n, [institution(welfareOffice)]), later);
    await authorization.connected(2);
    expect(authorization.watched[1]).toEqual({ held: headAt(3n), snapshot: true });
    authorization.send(part(5n, [institution(integrator)]));
    await until(() => follower.revision === 5n);
    expect(follower.policy().institution(welfareOffice)).toBeUndefined();
  });

  it('a listener that throws does not end the connection', async () => {
    const failures: unknown[] = [];
    const { authorization, follower } = follow({ onError: (error) => failures.push(error) });
    follower.onChange(() => {
      throw new Error('a bug elsewhere');
    });
    await authorization.connected(1);
    authorization.send(part(1n, [institution(welfareOffice)]), heartbeat(1n));
    await follower.whenAt(1n);
    expect(failures).toHaveLength(1);
    expect(authorization.watched).toHaveLength(1);
  });

  describe('freshness', () => {
    it('counts from the instant of the question, however late its answer arrives, and not from heartbeats', async () => {
      const { authorization, clock, follower } = follow({}, false);
      const first = await authorization.asked(1);
      expect(first.held).toEqual(NO_HEAD);
      await authorization.connected(1);
      authorization.send(part(1n, []));
      await until(() => follower.revision === 1n);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_STALE');
      clock.now = 4_000;
      first.answer(headAt(1n));
      await follower.whenAt(1n);
      clock.now = 4_999;
      authorization.send(heartbeat(1n), change(2n, institution(welfareOffice)), heartbeat(2n));
      await follower.whenAt(2n);
      clock.now = 5_000;
      expect(follower.ready()).toBe(false);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_STALE');
      expect(reasonOf(() => follower.requireRegistered(peerOf(welfareOffice)))).toBe('POLICY_STALE');
      // A newer policy may register it.
      expect(follower.refusalOf(peerOf(welfareOffice))).toMatchObject({ reason: 'POLICY_STALE' });
      const second = await authorization.asked(2);
      second.answer(headAt(2n));
      await follower.whenAt(2n);
    });

    it('is given by an answer that names a later revision only once that has arrived', async () => {
      const { authorization, follower } = follow({}, false);
      const first = await authorization.asked(1);
      await authorization.connected(1);
      authorization.send(part(1n, []));
      await until(() => follower.revision === 1n);
      first.answer(headAt(2n));
      await expect(follower.whenAt(1n, 20)).rejects.toThrow(Unavailable);
      authorization.send(change(2n, institution(welfareOffice)));
      await follower.whenAt(2n);
    });
  });

  describe('a fork', () => {
    const following = async () => {
      const all = follow({}, false);
      const { authorization, follower } = all;
      const first = await authorization.asked(1);
      await authorization.connected(1);
      authorization.send(part(2n, [deliberation(DeliberationState.DELIBERATION_STATE_REVOKED)]));
      first.answer(headAt(2n));
      await follower.whenAt(2n);
      return all;
    };
    type Following = Awaited<ReturnType<typeof following>>;

    it.each<[string, (all: Following) => unknown]>([
      ['a heartbeat with another hash', ({ authorization }) => authorization.send(heartbeat(2n, 'other'))],
      [
        'a change that follows another history',
        ({ authorization }) => authorization.send(change(3n, institution(integrator), 'other')),
      ],
      [
        'another hash in an answer',
        async ({ authorization }) => (await authorization.asked(2)).answer(headAt(2n, 'other')),
      ],
      ['authorization, when asked', async ({ authorization }) => (await authorization.asked(2)).refuse(forked())],
      ['authorization, when watched', ({ authorization }) => authorization.send(forked())],
    ])('is seen by %s: no decisions, until a snapshot is offered instead of the head that is held', async (_, fork) => {
      const all = await following();
      const { authorization, follower, errors } = all;
      await fork(all);
      await until(() => follower.forked);
      expect(follower.ready()).toBe(false);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_FORKED');
      await authorization.connected(2);
      expect(authorization.watched[1]).toEqual({ held: headAt(2n), snapshot: false });
      authorization.send(forked());
      await authorization.connected(3);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_FORKED');
      expect(errors).toEqual([expect.stringContaining('POLICY_FORKED')]);

      const back = deliberation(DeliberationState.DELIBERATION_STATE_APPROVED);
      authorization.send(instead(headAt(2n), 1n, [back], 'other'));
      await until(() => !follower.forked);
      authorization.answersItself = true;
      for (const { answer } of authorization.questions) answer(headAt(1n, 'other'));
      await follower.whenAt(1n);
      expect(follower.revision).toBe(1n);
      expect(errors).toEqual([
        expect.stringContaining('POLICY_FORKED'),
        expect.stringContaining('that were revoked are approved'),
      ]);
    });

    it('that was none ends when authorization goes on from the head that is held', async () => {
      const all = await following();
      const { authorization, follower } = all;
      (await authorization.asked(2)).refuse(forked());
      await until(() => follower.forked);
      authorization.answersItself = true;
      await authorization.connected(2);
      authorization.send(heartbeat(2n));
      await follower.whenAt(2n);
    });
  });

  describe('an older policy', () => {
    const heldBefore = { ...headAt(7n), generation: 0 };
    const restarted = (options: FollowerOptions = {}) => follow({ heldBefore, ...options }, false);
    const answerFrom = (authorization: FakeAuthorization, inForce: PolicyHead) => {
      authorization.answersItself = true;
      for (const { answer } of authorization.questions) answer(inForce);
    };

    it('is refused after a restart, and the policy that was held, or a later one, is taken', async () => {
      const { authorization, follower, errors } = restarted();
      await authorization.connected(1);
      expect(authorization.watched[0]).toEqual({ held: { ...heldBefore }, snapshot: true });
      authorization.send(part(6n, [institution(welfareOffice)]));
      await until(() => follower.rolledBack);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_ROLLBACK');
      expect(errors).toEqual([expect.stringContaining('POLICY_ROLLBACK')]);
      await authorization.connected(2);
      expect(authorization.watched[1]).toEqual({ held: { ...heldBefore }, snapshot: true });
      authorization.send(part(7n, [institution(welfareOffice)]));
      answerFrom(authorization, headAt(7n));
      await follower.whenAt(7n);
      expect(follower.rolledBack).toBe(false);
    });

    it('of another history is refused after a restart', async () => {
      const { authorization, follower } = restarted();
      await authorization.connected(1);
      authorization.send(part(7n, [institution(welfareOffice)], true, true, 'other'));
      await until(() => follower.forked);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_FORKED');
    });

    it('that is offered instead of another head than the one held is refused', async () => {
      const { authorization, follower } = restarted();
      await authorization.connected(1);
      authorization.send(instead(headAt(5n), 4n, [], 'other'));
      await until(() => follower.rolledBack);
      expect(follower.revision).toBe(0n);
    });

    it('is taken once administrators have accepted the loss, and kept as the head of a new generation', async () => {
      const kept: unknown[] = [];
      const { authorization, follower } = restarted({ keep: async (head) => void kept.push(head) });
      await authorization.connected(1);
      authorization.send(instead(headAt(7n), 4n, [], 'other'));
      await until(() => follower.revision === 4n);
      answerFrom(authorization, headAt(4n, 'other'));
      await follower.whenAt(4n);
      await until(() => kept.length > 0);
      expect(kept).toEqual([{ ...headAt(4n, 'other'), generation: 1 }]);
    });

    it('is refused when it is named in an answer', async () => {
      const { authorization, follower } = restarted();
      (await authorization.asked(1)).answer(headAt(6n));
      await until(() => follower.rolledBack);
      expect(reasonOf(() => follower.policy())).toBe('POLICY_ROLLBACK');
    });

    it('in a running process leaves in force what is held for as long as it is fresh', async () => {
      const { authorization, clock, follower } = follow({}, false);
      const first = await authorization.asked(1);
      await authorization.connected(1);
      authorization.send(part(2n, [institution(welfareOffice)]));
      first.answer(headAt(2n));
      await follower.whenAt(2n);
      (await authorization.asked(2)).answer(headAt(1n));
      await until(() => follower.rolledBack);
      expect(follower.policy().revision).toBe(2n);
      clock.now = 5_000;
      expect(reasonOf(() => follower.policy())).toBe('POLICY_ROLLBACK');
    });
  });

  describe('what is held', () => {
    it('is kept one head at a time, the newest next, and again while it fails', async () => {
      const kept: bigint[] = [];
      const writes: PromiseWithResolvers<void>[] = [];
      const keep = ({ revision }: PolicyHead) => {
        kept.push(revision);
        const write = Promise.withResolvers<void>();
        writes.push(write);
        return write.promise;
      };
      const failures: unknown[] = [];
      const { authorization, follower } = follow({ keep, onError: (error) => failures.push(error) });
      await authorization.connected(1);
      authorization.send(part(1n, []), change(2n, institution(welfareOffice)), change(3n, institution(integrator)));
      await follower.whenAt(3n);
      expect(kept).toEqual([1n]);
      writes[0]?.reject(new Error('the database is away'));
      await until(() => kept.length === 2);
      expect(failures).toHaveLength(1);
      writes[1]?.resolve();
      expect(kept).toEqual([1n, 3n]);
    });
  });

  describe('what a later version has introduced', () => {
    const unknown: PolicyEntity = { entity: undefined };
    it.each([
      ['a change', change(2n, unknown)],
      ['a snapshot', part(2n, [unknown])],
      ['a message', message(1n, undefined)],
    ])('in %s ends decisions and following for good, and says why', async (_, later) => {
      const { authorization, follower, errors } = follow();
      await authorization.connected(1);
      authorization.send(part(1n, [institution(welfareOffice)]));
      await follower.whenAt(1n);
      authorization.send(later);
      await until(() => follower.needsNewerVersion);
      expect(follower.ready()).toBe(false);
      expect(reasonOf(() => follower.policy())).toBe('NEEDS_NEWER_VERSION');
      await expect(follower.whenAt(1n, 1)).rejects.toMatchObject({ reason: 'NEEDS_NEWER_VERSION' });
      expect(errors).toEqual([expect.stringContaining('NEEDS_NEWER_VERSION')]);
      await follower.close();
      expect(authorization.watched).toHaveLength(1);
    });
  });
});
