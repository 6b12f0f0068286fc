import { randomUUID } from 'node:crypto';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { Language } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { newRequestId, type RemoteError } from '@crossroads/grpc';
import { addDays, datePartsOf, dayOf } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { ALL_RIGHTS_BUT_PORTAL, type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { BAKERY, BANK, BREWERY, type MailboxClient, type Person, PORTAL, World } from './world.js';

type Auth = Awaited<ReturnType<World['signedIn']>>;

describe('mailboxes of others', () => {
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;
  let portal: MailboxClient;
  let owner: Person;
  let me: Auth;
  let stranger: Auth;
  let own: MailboxReference;
  const bakery: MailboxReference = { by: { $case: 'enterpriseNumber', value: BAKERY } };

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    running = await mesh.startInProcess(service, AppModule);
    portal = world.mailboxes(running);
    owner = world.person();
    [me, stranger] = [await world.signedIn(owner), await world.signedIn(world.person())];
    const { mailboxId } = await portal.giveConsent(consent(), me);
    own = { by: { $case: 'mailboxId', value: mailboxId } };
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const consent = (mailbox?: MailboxReference, more = {}) => ({
    requestId: newRequestId(),
    mailbox,
    channel: 'MY_EBOX',
    language: Language.LANGUAGE_NL,
    ...more,
  });
  const delegate = (ssin: string, mailbox?: MailboxReference, more = {}) => ({
    requestId: newRequestId(),
    mailbox,
    ssin,
    label: 'somebody',
    period: undefined,
    ...more,
  });
  const preferences = (more = {}) => ({
    language: Language.LANGUAGE_NL,
    exclusivelyEbox: false,
    notificationAddress: '',
    ...more,
  });

  /** Every rpc about one mailbox. */
  const calls = (mailbox: MailboxReference | undefined, who: Auth, client = portal) => [
    () => client.giveConsent(consent(mailbox), who),
    () => client.withdrawConsent(consent(mailbox), who),
    () => client.listConsents({ mailbox, pageSize: 0, pageToken: '' }, who),
    () => client.changePreferences({ requestId: newRequestId(), mailbox, preferences: preferences() }, who),
    () => client.addDelegate(delegate(world.person().ssin, mailbox), who),
    () => client.removeDelegate({ requestId: newRequestId(), mailbox, delegationId: randomUUID() }, who),
    () => client.listDelegates({ mailbox }, who),
  ];
  const refusals = (all: readonly (() => Promise<unknown>)[]): Promise<RemoteError[]> =>
    Promise.all(all.map((call) => refusalOf(call())));
  const told = ({ code, reason, message, metadata }: RemoteError) => ({ code, reason, message, metadata });

  it('a mailbox of somebody else gets the same answer as one that does not exist', async () => {
    const nobodys: MailboxReference = { by: { $case: 'mailboxId', value: randomUUID() } };
    const [first, ...others] = await refusals([own, nobodys, bakery].flatMap((mailbox) => calls(mailbox, stranger)));
    expect(first).toMatchObject({ code: status.NOT_FOUND, reason: 'RESOURCE_NOT_FOUND' });
    for (const other of others) expect(told(other)).toEqual(first && told(first));
  });

  it('a delegate, or a reader of an enterprise, may not manage what they may read', async () => {
    const helper = world.person();
    await portal.addDelegate(delegate(helper.ssin), me);
    const clerk = await world.signedIn(world.person(), { [BAKERY]: ['EBOX_READER'] });
    const all = [...calls(own, await world.signedIn(helper)), ...calls(bakery, clerk)];
    for (const refusal of await refusals(all))
      expect(refusal).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'MISSING_PERMISSION' });
  });

  it('a delegation of somebody else cannot be removed', async () => {
    const { delegationId } = await portal.addDelegate(delegate(world.person().ssin), me);
    const removal = { requestId: newRequestId(), mailbox: undefined, delegationId };
    expect(await refusalOf(portal.removeDelegate(removal, stranger))).toMatchObject({ code: status.NOT_FOUND });
    const { delegates } = await portal.listDelegates({ mailbox: undefined }, me);
    expect(delegates.find((one) => one.delegationId === delegationId)?.removeTime).toBeUndefined();
  });

  it('a person signs in with a token for this service, through a registered application', async () => {
    const anonymous = { metadata: {} };
    for (const refusal of await refusals([...calls(undefined, anonymous), () => portal.listMailboxes({}, anonymous)]))
      expect(refusal).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_MISSING' });
    const unregistered = world.mailboxes(running, await mesh.applicationCertificate(PORTAL));
    for (const refusal of await refusals(calls(undefined, me, unregistered)))
      expect(refusal).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
    const ofService = world.mailboxes(running, await mesh.serviceCertificate('exchange'));
    for (const refusal of await refusals(calls(undefined, me, ofService)))
      expect(refusal).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    for (const roles of [{ [BAKERY]: 'EBOX_MANAGER' }, { '0123456789': [] }, [BAKERY]])
      expect(await refusalOf(portal.listMailboxes({}, await world.signedIn(owner, roles)))).toMatchObject({
        reason: 'TOKEN_MALFORMED',
      });
  });

  it('a token works over the certificate of the portal that it is for, of a strong and recent sign-in', async () => {
    const now = Math.floor(Date.now() / 1_000);
    for (const [reason, claims] of [
      ['TOKEN_NOT_BOUND', { cnf: undefined }],
      ['TOKEN_CLIENT', { client_id: `${PORTAL}/other` }],
      ['TOKEN_ACR', { acr: 'http://eidas.europa.eu/LoA/low' }],
      ['TOKEN_SIGN_IN_AGE', { auth_time: now - 960 }],
      ['TOKEN_LIFETIME', { exp: now + 360 }],
      ['TOKEN_ID', { jti: undefined }],
      ['TOKEN_AUDIENCE', { aud: 'urn:crossroads:access-audit' }],
    ] as const)
      for (const refusal of await refusals(calls(undefined, await world.signedIn(owner, undefined, { claims }))))
        expect(refusal).toMatchObject({ code: status.UNAUTHENTICATED, reason });
    const idToken = await world.signedIn(owner, undefined, { header: { typ: 'JWT' } });
    expect(await refusalOf(portal.listMailboxes({}, idToken))).toMatchObject({ reason: 'TOKEN_TYPE' });
    const ofBank = await world.signedIn(owner, undefined, { through: BANK });
    expect(await refusalOf(portal.listMailboxes({}, ofBank))).toMatchObject({ reason: 'TOKEN_NOT_BOUND' });
    await world.mailboxes(running, BANK).listMailboxes({}, ofBank);
    const noPortal = world.mailboxes(running, await mesh.register(BREWERY, {}, ALL_RIGHTS_BUT_PORTAL));
    await eventually(
      () => refusalOf(noPortal.listMailboxes({}, me)),
      ({ reason }) => reason !== 'KEY_NOT_REGISTERED',
    );
    for (const refusal of await refusals(calls(undefined, me, noPortal)))
      expect(refusal).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'RIGHT_MISSING' });
  });

  it('a number that is unknown, replaced, cancelled or the own one makes no delegate', async () => {
    const [replaced, canceled, unknown] = [world.person(), world.person(), world.person()];
    world.directory.put(replaced, [], { state: NumberState.NUMBER_STATE_REPLACED });
    world.directory.put(canceled, [], { state: NumberState.NUMBER_STATE_CANCELED });
    world.directory.numbers.delete(unknown.ssin);
    for (const [{ ssin }, rule] of [
      [unknown, 'UNKNOWN_SSIN'],
      [replaced, 'REPLACED_SSIN'],
      [canceled, 'CANCELED_SSIN'],
      [owner, 'OWN_SSIN'],
    ] as const)
      expect(await refusalOf(portal.addDelegate(delegate(ssin), me))).toMatchObject({
        code: status.INVALID_ARGUMENT,
        metadata: { field: 'ssin', rule },
      });
  });

  it('a mailbox has at most twenty delegates', async () => {
    const mine = await world.signedIn(world.person());
    await portal.giveConsent(consent(), mine);
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) ids.push((await portal.addDelegate(delegate(world.person().ssin), mine)).delegationId);
    const { ssin } = world.person();
    expect(await refusalOf(portal.addDelegate(delegate(ssin), mine))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'TOO_MANY_DELEGATES',
    });
    const [delegationId = ''] = ids;
    await portal.removeDelegate({ requestId: newRequestId(), mailbox: undefined, delegationId }, mine);
    await portal.addDelegate(delegate(ssin), mine);
  });

  it('every field that is wrong is named', async () => {
    const yesterday = datePartsOf(addDays(dayOf(new Date()), -1));
    const { ssin } = world.person();
    const period = { startDate: undefined, endDate: yesterday };
    const mailbox = (by: MailboxReference['by']): MailboxReference => ({ by });
    const named = async (call: Promise<unknown>) =>
      (await refusalOf(call)).violations.map(({ field, reason }) => `${field} ${reason}`);
    expect(
      await named(
        portal.giveConsent(
          consent(mailbox({ $case: 'mailboxId', value: 'mine' }), { requestId: '', channel: 'my eBox', language: 99 }),
          me,
        ),
      ),
    ).toEqual([
      'request_id REQUIRED',
      'mailbox.mailbox_id MALFORMED_UUID',
      'channel MALFORMED_CHANNEL',
      'language UNKNOWN_LANGUAGE',
    ]);
    expect(
      await named(
        portal.addDelegate(
          delegate(`${ssin.slice(0, 9)}00`, mailbox({ $case: 'enterpriseNumber', value: '1' }), {
            label: 'x'.repeat(65),
            period,
          }),
          me,
        ),
      ),
    ).toEqual([
      'mailbox.enterprise_number ENTERPRISE_NUMBER_MALFORMED',
      'ssin SSIN_CHECKSUM',
      'label TOO_LONG',
      'period.end_date PERIOD_ENDED',
    ]);
    const wrong = preferences({ language: Language.LANGUAGE_UNSPECIFIED, notificationAddress: 'jan@@example' });
    expect(
      await named(portal.changePreferences({ requestId: newRequestId(), mailbox: undefined, preferences: wrong }, me)),
    ).toEqual(['preferences.language REQUIRED', 'preferences.notification_address MALFORMED_EMAIL_ADDRESS']);
    expect(
      await named(
        portal.changePreferences({ requestId: newRequestId(), mailbox: undefined, preferences: undefined }, me),
      ),
    ).toEqual(['preferences REQUIRED']);
  });
});
