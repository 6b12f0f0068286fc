import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decidedBy, decisionsUntil, whenDecided } from './decided-by.js';
import { approved, registerWages } from './requests.js';
import { setReadOnly } from './restored-database.js';
import { outcomeOf, RunningAuthorization } from './running-authorization.js';
import { TcpProxy } from './tcp-proxy.js';

const HOUR_MS = 3_600_000;
/** Instead of five seconds, so that the specs are quick; the rule is the same. */
const STALE_AFTER_MS = 1_000;

/** On SIGUSR2 the wall clock of the process goes back by an hour. */
const CLOCK_THAT_GOES_BACK = `--import=data:text/javascript,${encodeURIComponent(`
  const RealDate = Date;
  let shift = 0;
  process.on('SIGUSR2', () => { shift = -${HOUR_MS}; });
  globalThis.Date = class Date extends RealDate {
    constructor(...given) { if (given.length === 0) super(RealDate.now() + shift); else super(...given); }
    static now() { return RealDate.now() + shift; }
  };
`)}`;

describe('a follower refuses when it cannot know what is in force', () => {
  let authorization: RunningAuthorization;
  let deliberationId: string;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start({}, [CLOCK_THAT_GOES_BACK]);
    await authorization.registerMembers();
    await registerWages(authorization);
    deliberationId = await approved(authorization);
  });
  afterAll(() => authorization.close());

  const through = async () => {
    const proxy = await TcpProxy.to(authorization.process.port);
    const follower = authorization.follow(STALE_AFTER_MS, proxy.port);
    authorization.defer(() => proxy.close());
    await whenDecided(follower, 'allowed');
    return { proxy, follower };
  };

  it('while authorization is frozen', async () => {
    const follower = authorization.follow(STALE_AFTER_MS);
    await whenDecided(follower, 'allowed');
    const { pid = 0 } = authorization.process;
    process.kill(pid, 'SIGSTOP');
    await whenDecided(follower, 'POLICY_STALE');
    process.kill(pid, 'SIGCONT');
    await whenDecided(follower, 'allowed');
  });

  it('while authorization is frozen, and the clock of the follower itself is set back', async () => {
    const follower = authorization.follow(STALE_AFTER_MS);
    await whenDecided(follower, 'allowed');
    const { pid = 0 } = authorization.process;
    const { now } = Date;
    const wallClock = jest.spyOn(Date, 'now').mockImplementation(() => now() - HOUR_MS);
    process.kill(pid, 'SIGSTOP');
    try {
      await whenDecided(follower, 'POLICY_STALE');
    } finally {
      wallClock.mockRestore();
      process.kill(pid, 'SIGCONT');
    }
    await whenDecided(follower, 'allowed');
  });

  it('while heartbeats arrive steadily, but have lain on the way for longer than a policy may be old', async () => {
    const { proxy, follower } = await through();
    proxy.answersDelayedMs = 1.5 * STALE_AFTER_MS;
    await whenDecided(follower, 'POLICY_STALE');
    // A change that lay there, too, arrives; a heartbeat follows it: still nobody knows what is in force now.
    const { policyRevision } = await registerWages(authorization, { title: 'Wages, once more' });
    await eventually(
      () => follower.revision,
      (revision) => revision >= policyRevision,
    );
    expect(decidedBy(follower)).toBe('POLICY_STALE');
    proxy.answersDelayedMs = 0;
    await whenDecided(follower, 'allowed');
  });

  it('while its database takes no writes', async () => {
    const follower = authorization.follow(STALE_AFTER_MS);
    await whenDecided(follower, 'allowed');
    await setReadOnly(authorization.database, true);
    try {
      await whenDecided(follower, 'POLICY_STALE');
      expect(authorization.process.output).toContain('policy stream');
    } finally {
      await setReadOnly(authorization.database, false);
    }
    await whenDecided(follower, 'allowed');
  });

  it('and not because the clock of authorization was set back', async () => {
    const follower = authorization.follow(STALE_AFTER_MS);
    await whenDecided(follower, 'allowed');
    process.kill(authorization.process.pid ?? 0, 'SIGUSR2');
    // An id of now is of the future there.
    await eventually(
      () => outcomeOf(registerWages(authorization)),
      (outcome) => outcome === 'INVALID_INPUT',
    );
    const setBackAt = performance.now();
    await eventually(
      () => performance.now() - follower.ageMs,
      (confirmedAt) => confirmedAt > setBackAt,
    );
    expect(decidedBy(follower)).toBe('allowed');
  });

  it('while packets vanish; what was revoked meanwhile is never granted again', async () => {
    const { proxy, follower } = await through();
    proxy.blackHole();
    await authorization
      .as('committee')
      .revokeDeliberation({ requestId: newRequestId(Date.now() - HOUR_MS), deliberationId, reason: 'misused' });
    await whenDecided(follower, 'POLICY_STALE');
    proxy.heal();
    expect(await decisionsUntil(follower, 'DELIBERATION_REVOKED')).not.toContain('allowed');
  });
});
