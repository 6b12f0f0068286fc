import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  ListSubscriptionsRequest,
  PauseSubscriptionRequest,
  RedriveParkedRequest,
  SubscribeRequest,
  SubscriptionServiceService,
  SubscriptionState,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { ssinCheck } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { PlainCaller, type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ADMINISTRATOR,
  FUND,
  INTEGRATOR,
  OFFICE,
  STRANGER,
  type SubscriptionClient,
  subscribed,
  toAll,
  World,
} from './world.js';

/** A number that nobody has. */
const NOBODY = `850730033${ssinCheck('850730033', 1900)}`;

const list = { institution: '', pageSize: 0, pageToken: '' };

describe('the subscription table', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let office: SubscriptionClient;
  const as = (institution: string) => world.client(running, institution);

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = as(FUND);
    office = as(OFFICE);
  });
  afterAll(() => mesh.stop());

  const named = (...ssins: readonly string[]) => ({
    persons: { $case: 'named' as const, value: { ssins: [...ssins] } },
  });

  it('a subscription is to all whom the institution has inscribed, or to persons by name', async () => {
    const all = await subscribed(fund);
    expect(all).toMatchObject({
      institution: FUND,
      allInscribed: true,
      state: SubscriptionState.SUBSCRIPTION_STATE_OPEN,
      topic: `crossroads.deliveries.${FUND}.v1`,
      lastSequence: 0n,
    });
    const some = await subscribed(fund, named(world.person(FUND).ssin, world.person(FUND, OFFICE).ssin));
    expect(some).toMatchObject({ allInscribed: false, namedPersons: 2 });
  });

  it('Subscribe is refused without a grant, with the reason', async () => {
    world.grant('online', STRANGER, ['name'], { grant: { online: true, subscription: false } });
    const stranger = as(STRANGER);
    const reasons = [
      [stranger, {}, 'NOT_GRANTED_BY_SUBSCRIPTION'],
      [as(ADMINISTRATOR), {}, 'NO_DELIBERATION'],
      [fund, { dataService: 'pension.rights.v1' }, 'UNKNOWN_DATA_SERVICE'],
      [fund, { legalContext: 'CIN:OTHER' }, 'UNKNOWN_LEGAL_CONTEXT'],
      [fund, { inscriptionContext: 'CIN:OTHER' }, 'INSCRIPTION_CONTEXT_NOT_GRANTED'],
      [fund, { institution: OFFICE }, 'NOT_REPRESENTED'],
    ] as const;
    for (const [client, more, reason] of reasons)
      expect(await refusalOf(client.subscribe(toAll(more)))).toMatchObject({ code: status.PERMISSION_DENIED, reason });
  });

  it('Subscribe names each person who is not inscribed, or whose number is not in use', async () => {
    const [known, stranger, replaced, cancelled] = [FUND, OFFICE, FUND, FUND].map((one) => world.person(one));
    if (!known || !stranger || !replaced || !cancelled) throw new Error('nobody');
    for (const [person, state] of [
      [replaced, 3],
      [cancelled, 4],
    ] as const)
      world.directory.put(person, [[FUND, 'CIN:AFFILIATED']], { state });
    const nobody = { ssin: NOBODY };
    const error = await refusalOf(
      fund.subscribe(toAll(named(known.ssin, stranger.ssin, replaced.ssin, cancelled.ssin, nobody.ssin))),
    );
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_INPUT' });
    expect(error.violations.map(({ field, reason }) => [field, reason])).toEqual([
      ['named.ssins[1]', 'PERSON_NOT_AVAILABLE'],
      ['named.ssins[2]', 'REPLACED_SSIN'],
      ['named.ssins[3]', 'CANCELED_SSIN'],
      ['named.ssins[4]', 'PERSON_NOT_AVAILABLE'],
    ]);
    expect(JSON.stringify([error.message, error.metadata, error.violations])).not.toContain(stranger.ssin);
  });

  it('Subscribe is refused with the same bytes about everybody who is not inscribed in its context', async () => {
    const [replaced, cancelled, stranger, otherwise] = Array.from({ length: 4 }, () => world.person(OFFICE));
    if (!replaced || !cancelled || !stranger || !otherwise) throw new Error('nobody');
    world.directory.put(replaced, [], { state: 3 });
    world.directory.put(cancelled, [], { state: 4 });
    world.directory.put(otherwise, [[FUND, 'CIN:OTHER']]);
    const caller = new PlainCaller(running.institutionsPort, world.certificate(FUND));
    const answers: string[] = [];
    for (const ssin of [NOBODY, replaced.ssin, cancelled.ssin, stranger.ssin, otherwise.ssin])
      answers.push(await caller.refused(SubscriptionServiceService.subscribe, toAll(named(ssin))));
    caller.close();
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('PERSON_NOT_AVAILABLE');
  });

  it('Subscribe names so many persons in a day who are not available, and no more', async () => {
    world.grant('guessing', STRANGER, ['name']);
    mesh.policy.put({
      $case: 'inscriptionGrant',
      value: {
        enterpriseNumber: STRANGER,
        inscriptionContexts: [],
        earlierStarts: false,
        dailyPersons: { consulted: 0, inscribed: 0, misses: 2 },
      },
    });
    const stranger = as(STRANGER);
    const people = Array.from({ length: 3 }, () => world.person(OFFICE).ssin);
    const [one = '', two = '', three = ''] = people;
    const ask = async (...ssins: string[]) => (await refusalOf(stranger.subscribe(toAll(named(...ssins))))).reason;
    await eventually(
      () => ask(one),
      (reason) => reason === 'INVALID_INPUT',
    );
    expect(await ask(one, two)).toBe('INVALID_INPUT');
    expect(await ask(one, two)).toBe('INVALID_INPUT');
    expect(await ask(one, three)).toBe('QUOTA_EXHAUSTED');
    expect(await subscribed(stranger, named(world.person(STRANGER).ssin))).toMatchObject({ namedPersons: 1 });
  });

  it('a repeated request gets the first answer, and another one under its id is refused', async () => {
    const request = toAll();
    const [first, ...others] = await Promise.all(Array.from({ length: 6 }, () => fund.subscribe(request)));
    for (const other of others) expect(other).toEqual(first);
    await fund.closeSubscription({
      requestId: newRequestId(),
      subscriptionId: first?.subscription?.subscriptionId ?? '',
    });
    expect(await fund.subscribe(request)).toEqual(first);
    expect(await refusalOf(fund.subscribe({ ...request, dataService: 'x.v1' }))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('a subscription is paused, resumed and closed, and says when it cannot be', async () => {
    const { subscriptionId } = await subscribed(fund);
    const change = () => ({ requestId: newRequestId(), subscriptionId });
    const pause = change();
    await fund.pauseSubscription(pause);
    await fund.pauseSubscription(pause);
    expect(await refusalOf(fund.pauseSubscription({ ...pause, subscriptionId: randomUUID() }))).toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
    await fund.resumeSubscription(change());
    await fund.closeSubscription(change());
    await fund.closeSubscription(change());
    for (const refused of [fund.pauseSubscription(change()), fund.resumeSubscription(change())])
      expect(await refusalOf(refused)).toMatchObject({ code: status.FAILED_PRECONDITION });
    const { subscriptions } = await fund.listSubscriptions({ ...list, pageSize: 200 });
    expect(subscriptions.find((one) => one.subscriptionId === subscriptionId)).toMatchObject({
      state: SubscriptionState.SUBSCRIPTION_STATE_CLOSED,
      closingReason: 'CLOSED_BY_SUBSCRIBER',
      lastSequence: 1n,
    });
  });

  it('a subscription of another institution cannot be seen or changed', async () => {
    const { subscriptionId } = await subscribed(fund);
    const change = () => ({ requestId: newRequestId(), subscriptionId });
    for (const refused of [
      office.pauseSubscription(change()),
      office.resumeSubscription(change()),
      office.closeSubscription(change()),
    ])
      expect(await refusalOf(refused)).toMatchObject({ code: status.NOT_FOUND, reason: 'RESOURCE_NOT_FOUND' });
    const { subscriptions } = await office.listSubscriptions({ ...list, pageSize: 200 });
    expect(subscriptions.filter(({ institution }) => institution !== OFFICE)).toEqual([]);
  });

  it('an integrator acts for an institution that it represents', async () => {
    const integrator = as(INTEGRATOR);
    const { subscriptionId } = await subscribed(integrator, { institution: FUND });
    await integrator.pauseSubscription({ requestId: newRequestId(), subscriptionId });
    const { subscriptions } = await fund.listSubscriptions({ ...list, pageSize: 200 });
    expect(subscriptions.some((one) => one.subscriptionId === subscriptionId)).toBe(true);
  });

  it('subscriptions are listed by pages, and a page token is of one list', async () => {
    await subscribed(fund);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await fund.listSubscriptions({ institution: '', pageSize: 2, pageToken });
      seen.push(...page.subscriptions.map(({ subscriptionId }) => subscriptionId));
      expect(page.subscriptions.length).toBeLessThanOrEqual(2);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(new Set(seen).size).toBe(seen.length);
    const page = await fund.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' });
    const elsewhere = as(INTEGRATOR).listSubscriptions({
      institution: INTEGRATOR,
      pageSize: 1,
      pageToken: page.nextPageToken,
    });
    expect(await refusalOf(elsewhere)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      metadata: { rule: 'PAGE_TOKEN_OF_ANOTHER_LIST' },
    });
  });

  const nine = '806101001';
  const wrong: readonly (readonly [string, Partial<SubscribeRequest>, string, string])[] = [
    ['no request id', { requestId: '' }, 'request_id', 'REQUIRED'],
    ['a random request id', { requestId: randomUUID() }, 'request_id', 'MALFORMED_REQUEST_ID'],
    [
      'an old request id',
      { requestId: newRequestId(Date.now() - 36 * 86_400_000) },
      'request_id',
      'REQUEST_ID_TOO_OLD',
    ],
    ['an institution of nine digits', { institution: '208000056' }, 'institution', 'ENTERPRISE_NUMBER_MALFORMED'],
    ['an institution with a wrong check', { institution: '0208000000' }, 'institution', 'ENTERPRISE_NUMBER_CHECKSUM'],
    ['no inscription context', { inscriptionContext: '' }, 'inscription_context', 'REQUIRED'],
    [
      'a malformed inscription context',
      { inscriptionContext: 'affiliated' },
      'inscription_context',
      'MALFORMED_CONTEXT',
    ],
    ['no legal context', { legalContext: '' }, 'legal_context', 'REQUIRED'],
    ['a malformed legal context', { legalContext: 'because' }, 'legal_context', 'MALFORMED_CONTEXT'],
    ['no data service', { dataService: '' }, 'data_service', 'REQUIRED'],
    ['a data service of 129 characters', { dataService: 'x'.repeat(129) }, 'data_service', 'TOO_LONG'],
    ['nobody', { persons: undefined }, 'persons', 'REQUIRED'],
    ['an empty list of names', named(), 'named.ssins', 'REQUIRED'],
    [
      '1,001 names',
      named(...Array.from({ length: 1_001 }, () => `${nine}${ssinCheck(nine, 1900)}`)),
      'named.ssins',
      'TOO_MANY',
    ],
    ['a malformed SSIN', named('8061010013'), 'named.ssins[0]', 'SSIN_MALFORMED'],
    ['a wrong check number', named(`${nine}00`), 'named.ssins[0]', 'SSIN_CHECKSUM'],
    ['an impossible date', named(`809931001${ssinCheck('809931001', 1900)}`), 'named.ssins[0]', 'SSIN_IMPOSSIBLE_DATE'],
  ];
  it.each(wrong)('Subscribe names what is wrong: %s', async (_what, more, field, rule) => {
    expect(await refusalOf(fund.subscribe(toAll(more)))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_INPUT',
      metadata: { field, rule },
    });
  });

  it('the other rpcs name what is wrong, too', async () => {
    const administrator = as(ADMINISTRATOR);
    const requestId = newRequestId();
    const bad: readonly (readonly [Promise<unknown>, string])[] = [
      [fund.pauseSubscription({ requestId, subscriptionId: 'x' }), 'subscription_id'],
      [fund.resumeSubscription({ requestId, subscriptionId: '' }), 'subscription_id'],
      [fund.closeSubscription({ requestId: 'x', subscriptionId: randomUUID() }), 'request_id'],
      [fund.listSubscriptions({ ...list, pageSize: -1 }), 'page_size'],
      [fund.listSubscriptions({ ...list, pageToken: 'x' }), 'page_token'],
      [fund.listSubscriptions({ ...list, institution: '1' }), 'institution'],
      [administrator.listParked({ pageSize: -1, pageToken: '' }), 'page_size'],
      [administrator.listParked({ pageSize: 1, pageToken: 'AAAA' }), 'page_token'],
      [administrator.redriveParked({ requestId, personId: 'x' }), 'person_id'],
      [administrator.redriveParked({ requestId: '', personId: '' }), 'request_id'],
    ];
    for (const [call, field] of bad)
      expect(await refusalOf(call)).toMatchObject({ code: status.INVALID_ARGUMENT, metadata: { field } });
    const large = fund.subscribe(toAll({ dataService: 'x'.repeat(5_000_000) }));
    expect(await refusalOf(large)).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' });
  });

  it('500 fuzzed requests are answered without INTERNAL', async () => {
    const { ca, key, cert } = world.certificate(FUND);
    const [caPem, keyPem, certPem] = [ca, key, cert].map((file) => readFileSync(file));
    const ssl = credentials.createSsl(caPem ?? null, keyPem, certPem);
    const raw = new Client(`localhost:${running.institutionsPort}`, ssl, {
      'grpc.ssl_target_name_override': 'subscription',
    });
    const same = (value: Buffer) => value;
    const codeOf = (method: string, bytes: Buffer) =>
      new Promise<status>((resolve) => {
        const path = `/crossroads.subscription.v1.SubscriptionService/${method}`;
        raw.makeUnaryRequest(path, same, same, bytes, { deadline: Date.now() + 120_000 }, (error) =>
          resolve(error?.code ?? status.OK),
        );
      });
    const subscriptionId = (await subscribed(fund)).subscriptionId;
    const samples: readonly (readonly [string, Uint8Array])[] = [
      ['Subscribe', SubscribeRequest.encode(toAll(named(world.person(FUND).ssin))).finish()],
      ['PauseSubscription', PauseSubscriptionRequest.encode({ requestId: newRequestId(), subscriptionId }).finish()],
      [
        'ListSubscriptions',
        ListSubscriptionsRequest.encode({ institution: FUND, pageSize: 3, pageToken: 'abc' }).finish(),
      ],
      ['RedriveParked', RedriveParkedRequest.encode({ requestId: newRequestId(), personId: randomUUID() }).finish()],
    ];
    const call = fc.constantFrom(...samples).chain(([method, sample]) =>
      fc.record({
        method: fc.constant(method),
        body: fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((noise) => Buffer.from(noise)),
          fc.nat(sample.length).map((length) => Buffer.from(sample.subarray(0, length))),
          fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }).map((changes) => {
            const copy = Buffer.from(sample);
            for (const [at, byte] of changes) copy[at] = byte;
            return copy;
          }),
        ),
      }),
    );
    const bad = new Set([status.INTERNAL, status.UNKNOWN, status.DEADLINE_EXCEEDED, status.UNAVAILABLE]);
    await fc.assert(
      fc.asyncProperty(call, async ({ method, body }) => {
        const code = await codeOf(method, body);
        expect(bad.has(code) ? status[code] : 'told').toBe('told');
      }),
      { numRuns: 500 },
    );
    raw.close();
    await subscribed(fund);
  });
});
