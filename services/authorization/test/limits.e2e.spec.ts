import { RemoteError } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningAuthorization } from './running-authorization.js';

const CALLS = 8;

/** The settings reach the server, and our client does as it is told; what limits do is specified in `libs/grpc`. */
describe('authorization, with limits for each caller', () => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start({ LIMIT_CALLS_PER_SECOND: '3', LIMIT_MESSAGE_BYTES: '2048' });
    await authorization.registerMembers();
  });
  afterAll(() => authorization.close());

  const page = { pageSize: 1, pageToken: '' };

  it('refuses an institution that calls too often, says when to come again, and serves another', async () => {
    const office = authorization.as('welfareOffice');
    // Connected, from here on.
    await office.listDataServices(page);
    const asked = Array.from({ length: 50 }, () =>
      office.listDataServices(page, { deadlineMs: 2_000 }).catch((error: unknown) => error),
    );
    // A machine with much to do answers some of them too late.
    const refused = (await Promise.all(asked))
      .filter((one) => one instanceof RemoteError)
      .filter(({ code }) => code !== status.DEADLINE_EXCEEDED);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) {
      expect(error).toMatchObject({
        code: status.RESOURCE_EXHAUSTED,
        reason: 'RATE_LIMIT',
        domain: 'authorization.crossroads',
      });
      expect(error.retryAfterMs).toBeGreaterThan(0);
    }
    expect(await authorization.as('employmentOffice').listDataServices(page)).toBeDefined();
  });

  it('answers a client that waits as long as it is told', async () => {
    const office = authorization.as('welfareOffice', 30_000);
    const answers = await Promise.all(Array.from({ length: CALLS }, () => office.listDataServices(page)));
    expect(answers).toHaveLength(CALLS);
  });

  it('takes no message that is larger than the setting', async () => {
    const office = authorization.as('employmentOffice');
    const error: unknown = await office
      .listDataServices({ pageSize: 1, pageToken: 'x'.repeat(3_000) })
      .catch((failed: unknown) => failed);
    expect(error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'MESSAGE_TOO_LARGE',
      retryAfterMs: undefined,
    });
  });
});
