import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import { Language, type Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { openDatabase, type Database } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { addDays, datePartsOf, dayOf } from '@crossroads/identifiers';
import { allRows, eventually, refusalOf } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { RecipientMailboxes } from '../src/mailbox/recipient-mailboxes.js';
import { service } from '../src/service.js';
import { BAKERY, BANK, BREWERY, type MailboxClient, type Person, PORTAL, World } from './world.js';

const OWN = undefined;
const MY_EBOX = 'MY_EBOX';
const EMAIL = 'jan.peeters@example.org';
const LABEL = 'my daughter Nele';
const today = dayOf(new Date());
const { MAIL_READER_OWNER, MAIL_READER_DELEGATE, MAIL_READER_ENTERPRISE_READER } = MailReader;

type Auth = Awaited<ReturnType<World['signedIn']>>;

describe('mailboxes', () => {
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;
  let portal: MailboxClient;
  /** As the administrator: the service itself may not change when a delegation ends. */
  let db: Database;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    running = await mesh.startInProcess(service, AppModule);
    portal = world.mailboxes(running);
    db = await openDatabase({ url: mesh.database.adminUrl });
    mesh.defer(() => db.close());
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const give = async (who: Auth, channel = MY_EBOX, mailbox: MailboxReference | undefined = OWN, client = portal) =>
    (
      await client.giveConsent(
        { requestId: newRequestId(), mailbox, channel, language: Language.LANGUAGE_UNSPECIFIED },
        who,
      )
    ).mailboxId;
  const withdraw = async (who: Auth, channel = MY_EBOX) =>
    (await portal.withdrawConsent({ requestId: newRequestId(), mailbox: OWN, channel }, who)).consented;
  const mailboxesOf = async (who: Auth): Promise<readonly Mailbox[]> => (await portal.listMailboxes({}, who)).mailboxes;
  const ownOf = async (who: Auth): Promise<Mailbox> => {
    const [own] = await mailboxesOf(who);
    if (!own) throw new Error('the own mailbox is always listed');
    return own;
  };
  const stepsOf = async (who: Auth, pageSize = 0, pageToken = '') =>
    portal.listConsents({ mailbox: OWN, pageSize, pageToken }, who);
  const delegate = async (
    who: Auth,
    to: Person,
    period: { startDate?: string; endDate?: string } = {},
    mailbox: MailboxReference | undefined = OWN,
  ) => {
    const parts = (day: string | undefined) => {
      const [year = 0, month = 0, date = 0] = day?.split('-').map(Number) ?? [];
      return day === undefined ? undefined : { year, month, day: date };
    };
    const { delegationId } = await portal.addDelegate(
      {
        requestId: newRequestId(),
        mailbox,
        ssin: to.ssin,
        label: LABEL,
        period: { startDate: parts(period.startDate), endDate: parts(period.endDate) },
      },
      who,
    );
    return delegationId;
  };
  const locked = async (...ownerIds: readonly string[]) =>
    db.transaction(async (tx) => (await running.application.get(RecipientMailboxes).lock(tx, [ownerIds]))[0]);
  const unread = (ownerId: string, count: number) =>
    db.execute(
      `insert into messages (owner_id, message_id, registered_mail, provider, sender, message_type, original_message_id, words)
       select $1, gen_random_uuid(), false, 'p', 's', 't', gen_random_uuid()::text, '{}' from generate_series(1, $2::int)`,
      [ownerId, count],
    );

  it('the own mailbox is listed before it is opened, and the first consent opens it', async () => {
    const me = await world.signedIn(world.person());
    expect(await mailboxesOf(me)).toEqual([
      {
        mailboxId: '',
        reader: MAIL_READER_OWNER,
        enterpriseNumber: '',
        delegationLabel: '',
        consented: false,
        preferences: undefined,
        openTime: undefined,
        unreadMessages: 0,
      },
    ]);
    const mailboxId = await give(me);
    expect(await ownOf(me)).toMatchObject({
      mailboxId,
      consented: true,
      preferences: { language: Language.LANGUAGE_NL, exclusivelyEbox: false, notificationAddress: '' },
      openTime: expect.any(Date),
    });
    expect(await give(me, 'BANK_APP', { by: { $case: 'mailboxId', value: mailboxId } })).toBe(mailboxId);
  });

  it('consents are listed newest first, by pages, with the front end and only what changed something', async () => {
    const person = world.person();
    const me = await world.signedIn(person);
    await give(me);
    await give(me);
    const atBank = await world.signedIn(person, undefined, { through: BANK });
    await give(atBank, 'BANK_APP', OWN, world.mailboxes(running, BANK));
    expect(await withdraw(me)).toBe(true);
    expect(await withdraw(me)).toBe(true);
    expect(await withdraw(me, 'BANK_APP')).toBe(false);
    expect(await ownOf(me)).toMatchObject({ consented: false, mailboxId: expect.any(String) });
    const { consents, nextPageToken } = await stepsOf(me, 3);
    expect(consents).toMatchObject([
      { channel: 'BANK_APP', given: false, frontEnd: PORTAL },
      { channel: MY_EBOX, given: false, frontEnd: PORTAL },
      { channel: 'BANK_APP', given: true, frontEnd: BANK },
    ]);
    const last = await stepsOf(me, 3, nextPageToken);
    expect(last).toMatchObject({ consents: [{ channel: MY_EBOX, given: true }], nextPageToken: '' });
    const other = await world.signedIn(world.person());
    expect(await refusalOf(stepsOf(other, 3, nextPageToken))).toMatchObject({ metadata: { field: 'page_token' } });
  });

  it('a repeated request gets the first answer, and another body under its id is refused', async () => {
    const me = await world.signedIn(world.person());
    const request = { requestId: newRequestId(), mailbox: OWN, channel: MY_EBOX };
    const opening = { ...request, language: Language.LANGUAGE_FR };
    const answer = await portal.giveConsent(opening, me);
    const ending = { ...request, requestId: newRequestId() };
    expect(await portal.withdrawConsent(ending, me)).toEqual({ consented: false });
    expect(await portal.giveConsent(opening, me)).toEqual(answer);
    expect(await ownOf(me)).toMatchObject({ consented: false, preferences: { language: Language.LANGUAGE_FR } });
    await give(me);
    expect(await portal.withdrawConsent(ending, me)).toEqual({ consented: false });
    expect(await ownOf(me)).toMatchObject({ consented: true });
    expect(await refusalOf(portal.giveConsent({ ...opening, channel: 'OTHER' }, me))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
    // The id of a request belongs to the person, not to the front end.
    const other = await world.signedIn(world.person());
    expect((await portal.giveConsent(opening, other)).mailboxId).not.toBe(answer.mailboxId);
  });

  it('the same mailbox opened at the same time by two front ends is one', async () => {
    const me = await world.signedIn(world.person());
    const ids = await Promise.all(['ONE', 'TWO', 'THREE'].map((channel) => give(me, channel)));
    expect(new Set(ids).size).toBe(1);
    expect((await stepsOf(me)).consents).toHaveLength(3);
  });

  it('preferences are changed whole, once the mailbox is open', async () => {
    const me = await world.signedIn(world.person());
    const preferences = { language: Language.LANGUAGE_DE, exclusivelyEbox: true, notificationAddress: EMAIL };
    const change = (changes = {}) =>
      portal.changePreferences(
        { requestId: newRequestId(), mailbox: OWN, preferences: { ...preferences, ...changes } },
        me,
      );
    expect(await refusalOf(change())).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'MAILBOX_NOT_OPEN' });
    await give(me);
    await change();
    expect((await ownOf(me)).preferences).toEqual(preferences);
    await change({ notificationAddress: '' });
    expect((await ownOf(me)).preferences).toEqual({ ...preferences, notificationAddress: '' });
  });

  it('a delegate reads while the delegation is in force, and no longer once it was removed', async () => {
    const [owner, helper] = [world.person(), world.person()];
    const [me, other] = [await world.signedIn(owner), await world.signedIn(helper)];
    const mailboxId = await give(me);
    const delegationId = await delegate(me, helper, { endDate: today });
    await delegate(me, world.person(), { startDate: addDays(today, 1) });
    await unread(owner.personId, 3);
    expect(await mailboxesOf(other)).toMatchObject([
      { reader: MAIL_READER_OWNER, mailboxId: '' },
      {
        reader: MAIL_READER_DELEGATE,
        mailboxId,
        delegationLabel: LABEL,
        consented: true,
        unreadMessages: 3,
        preferences: undefined,
      },
    ]);
    const { delegates } = await portal.listDelegates({ mailbox: OWN }, me);
    expect(delegates).toMatchObject([
      {
        delegationId,
        label: LABEL,
        period: { startDate: datePartsOf(today), endDate: datePartsOf(today) },
        removeTime: undefined,
      },
      { period: { startDate: datePartsOf(addDays(today, 1)), endDate: undefined } },
    ]);
    const removal = { requestId: newRequestId(), mailbox: OWN, delegationId };
    await portal.removeDelegate(removal, me);
    await portal.removeDelegate(removal, me);
    expect(await mailboxesOf(other)).toHaveLength(1);
    expect((await portal.listDelegates({ mailbox: OWN }, me)).delegates).toMatchObject([
      { delegationId, removeTime: expect.any(Date) },
      { removeTime: undefined },
    ]);
  });

  it('a delegation that has not begun, or has ended, lets nobody read', async () => {
    const [owner, helper] = [world.person(), world.person()];
    const [me, other] = [await world.signedIn(owner), await world.signedIn(helper)];
    await give(me);
    await delegate(me, helper, { startDate: addDays(today, 1) });
    const delegationId = await delegate(me, helper, { startDate: addDays(today, -9) });
    await db.execute('update delegations set ends_before = $2 where delegation_id = $1', [delegationId, today]);
    expect(await mailboxesOf(other)).toHaveLength(1);
  });

  it('an enterprise has a mailbox, which those with a role in it read', async () => {
    const bakery: MailboxReference = { by: { $case: 'enterpriseNumber', value: BAKERY } };
    const [manager, clerk] = [world.person(), world.person()];
    const boss = await world.signedIn(manager, { [BAKERY]: ['EBOX_MANAGER', 'PAYROLL'] });
    const reads = await world.signedIn(clerk, { [BAKERY]: ['EBOX_READER'], [BREWERY]: ['PAYROLL'] });
    const mailboxId = await give(boss, MY_EBOX, bakery);
    expect(await mailboxesOf(reads)).toMatchObject([
      { reader: MAIL_READER_OWNER },
      { reader: MAIL_READER_ENTERPRISE_READER, mailboxId, enterpriseNumber: BAKERY, consented: true },
    ]);
    expect(await mailboxesOf(await world.signedIn(clerk))).toHaveLength(1);
    const auditor = world.person();
    await delegate(boss, auditor, {}, bakery);
    expect(await mailboxesOf(await world.signedIn(auditor))).toMatchObject([
      {},
      { reader: MAIL_READER_DELEGATE, mailboxId, enterpriseNumber: BAKERY },
    ]);
    expect(await refusalOf(delegate(boss, manager, {}, bakery))).toMatchObject({ metadata: { rule: 'OWN_SSIN' } });
  });

  it('unread messages are counted up to a hundred', async () => {
    const person = world.person();
    await unread(person.personId, 120);
    expect(await ownOf(await world.signedIn(person))).toMatchObject({ unreadMessages: 100 });
  });

  it('two persons who become one have one mailbox, and two again when that is undone', async () => {
    const [gone, kept, helper] = [world.person(), world.person(), world.person()];
    const [before, me, other] = [await world.signedIn(gone), await world.signedIn(kept), await world.signedIn(helper)];
    const [old, own] = [await give(before, 'OLD_APP'), await give(me, 'NEW_APP')];
    await delegate(before, helper);
    await unread(gone.personId, 2);
    await unread(kept.personId, 1);
    const ids = [kept.personId, gone.personId] as const;
    const apart = [await ownOf(before), await ownOf(me)];

    world.merge(gone, kept);
    expect(await mailboxesOf(before)).toMatchObject([{ mailboxId: own, unreadMessages: 3, consented: true }]);
    expect((await stepsOf(me)).consents).toMatchObject([{ channel: 'NEW_APP' }, { channel: 'OLD_APP' }]);
    expect((await mailboxesOf(other))[1]).toMatchObject({ mailboxId: own, unreadMessages: 3, delegationLabel: LABEL });
    expect(
      (await portal.listDelegates({ mailbox: { by: { $case: 'mailboxId', value: old } } }, me)).delegates,
    ).toHaveLength(1);
    expect(await withdraw(me, 'NEW_APP')).toBe(true);
    expect(await locked(...ids)).toMatchObject({ consented: true });
    expect(await withdraw(me, 'OLD_APP')).toBe(false);
    expect(await ownOf(me)).toMatchObject({ consented: false });
    expect(await locked(...ids)).toMatchObject({ consented: false });

    world.split(gone, kept);
    expect(await ownOf(before)).toEqual(apart[0]);
    expect(await ownOf(me)).toEqual({ ...apart[1], consented: false });
    expect(
      await refusalOf(portal.listDelegates({ mailbox: { by: { $case: 'mailboxId', value: old } } }, me)),
    ).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });
    expect((await mailboxesOf(other))[1]).toMatchObject({ mailboxId: old, unreadMessages: 2 });
    expect(await locked(gone.personId)).toMatchObject({ consented: true });
    expect((await stepsOf(before)).consents).toMatchObject([{ channel: 'OLD_APP', given: true }]);
  });

  it('a mailbox opened under an id that was merged remains the mailbox of the person', async () => {
    const [gone, kept] = [world.person(), world.person()];
    const me = await world.signedIn(gone);
    const mailboxId = await give(me);
    world.merge(gone, kept);
    const merged = await world.signedIn(kept);
    expect(await give(merged, 'BANK_APP')).toBe(mailboxId);
    expect(await withdraw(merged)).toBe(true);
    world.split(gone, kept);
    expect(await ownOf(merged)).toMatchObject({ mailboxId: '', consented: false });
    expect(await ownOf(me)).toMatchObject({ mailboxId, consented: true });
  });

  it('a delegate whose number is replaced still reads', async () => {
    const [owner, before, after] = [world.person(), world.person(), world.person()];
    const me = await world.signedIn(owner);
    const mailboxId = await give(me);
    await delegate(me, before);
    world.merge(before, after);
    expect((await mailboxesOf(await world.signedIn(after)))[1]).toMatchObject({ mailboxId });
    world.split(before, after);
    expect(await mailboxesOf(await world.signedIn(after))).toHaveLength(1);
  });

  it('a withdrawal waits for whoever is publishing, and publishing sees one that was answered', async () => {
    const person = world.person();
    const me = await world.signedIn(person);
    expect(await locked(person.personId)).toBeUndefined();
    await give(me);
    let withdrawn = false;
    let withdrawal: Promise<unknown> = Promise.resolve();
    await db.transaction(async (tx) => {
      const [mailbox] = await running.application.get(RecipientMailboxes).lock(tx, [[person.personId]]);
      expect(mailbox).toMatchObject({ consented: true, exclusivelyEbox: false, language: 'nl' });
      withdrawal = withdraw(me).then(() => (withdrawn = true));
      await eventually(
        async () =>
          (
            await db.query(
              `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
            )
          ).length,
        (waiting) => waiting > 0,
      );
      expect(withdrawn).toBe(false);
    });
    await withdrawal;
    expect(await locked(person.personId)).toMatchObject({ consented: false });
  });

  it('nothing personal is in the tables and the log', async () => {
    const rows = (await Promise.all(mesh.serviceDatabases.map(({ adminUrl }) => allRows(adminUrl)))).flat();
    expect(rows.length).toBeGreaterThan(50);
    const secrets = [...world.directory.numbers.keys(), EMAIL, LABEL];
    for (const row of rows) expect(secrets.filter((secret) => row.includes(secret))).toEqual([]);
  });
});
