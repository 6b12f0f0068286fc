import { Clock } from '@crossroads/configuration';
import { AccessKind, AccessResult, MailReader } from '@crossroads/contracts/access/v1/access_record';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { type DownloadDocumentResponse, MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { RemoteError } from '@crossroads/grpc';
import { parseIsoDay } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { DirectoryStandIn, SignInStandIn, type InProcessService, Link, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { NO_PARTY } from '@crossroads/transparency';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { listing, type Mail, type MessageClient, PROVIDER, putMail, TurnedClock } from './mail.js';
import { type Opening, openingsOf, SlowProvider } from './openings.js';
import { asAdmin, openMailboxes } from './publishing.js';
import { type Person, PORTAL, World } from './world.js';

const HOUR_MS = 3_600_000;
const documentId = 'decision';
const mailbox = undefined;
const { ACCESS_RESULT_ANSWERED, ACCESS_RESULT_REFUSED, ACCESS_RESULT_OUTCOME_UNKNOWN } = AccessResult;

describe('an opening of mail', () => {
  let mesh: TestMesh;
  let world: World;
  let provider: SlowProvider;
  let database: Link;
  let running: InProcessService;
  let portal: MessageClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    provider = await SlowProvider.start(mesh, PROVIDER);
    const { link, url } = await Link.ofUrl(mesh.database.url);
    mesh.defer(() => link.close());
    database = link;
    running = await mesh.startInProcess(service, AppModule, { env: { DATABASE_URL: url } });
    portal = world.client(MessageServiceService, running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);
  afterEach(() => {
    provider.sent = provider.content;
    provider.asked.length = 0;
  });

  const put = (owner: Person, mail: Mail = {}) =>
    putMail(running, owner.personId, { documents: [provider.document], ...mail });
  /** As soon as it has so many steps: it ends before the oldest transaction that is open on the server. */
  const journalOf = ({ personId }: Person, count: number): Promise<Opening[]> =>
    eventually(
      async () => (await openingsOf(mesh, running.port)).filter((one) => one.personId === personId),
      ({ length }) => length >= count,
    );
  /** A download with what has come of it so far. */
  const download = async (
    who: Person,
    messageId: string,
    of: MailboxReference | undefined = mailbox,
    client = portal,
  ) => {
    const parts: DownloadDocumentResponse['part'][] = [];
    const stop = new AbortController();
    const request = { mailbox: of, messageId, documentId };
    const stream = client.downloadDocument(request, { ...(await world.signedIn(who)), signal: stop.signal });
    const ended = (async () => {
      for await (const { part } of stream) parts.push(part);
    })();
    ended.catch(() => undefined);
    const begun = () =>
      eventually(
        () => parts.length,
        (count) => count >= 2,
      );
    const content = () => Buffer.concat(parts.map((part) => (part?.$case === 'chunk' ? part.value : Buffer.alloc(0))));
    return { parts, content, ended, begun, stop: () => stop.abort() };
  };
  const delegateOf = async (owner: Person) => {
    const delegate = world.person();
    await openMailboxes(world, [owner.personId]);
    const [row] = await asAdmin<{ readonly mailbox_id: string; readonly delegation_id: string }>(
      world,
      `with added as (insert into delegations (delegation_id, owner_id, delegate_id, label, starts_on, added_at)
                      values (gen_random_uuid(), $1, $2, '', '2026-01-01', now()) returning *)
       select mailbox_id, delegation_id from added join mailboxes using (owner_id)`,
      [owner.personId, delegate.personId],
    );
    if (!row) throw new Error('no mailbox');
    const reference: MailboxReference = { by: { $case: 'mailboxId', value: row.mailbox_id } };
    return { delegate, reference, delegationId: row.delegation_id };
  };

  it('is in the journal whole: the list once for all its pages, a message each time, a document with its outcome', async () => {
    const who = world.person();
    await put(who);
    const messageId = await put(who);
    const signedIn = await world.signedIn(who);
    const { nextPageToken: pageToken } = await portal.listMessages(listing({ pageSize: 1 }), signedIn);
    await portal.listMessages(listing({ pageSize: 1, pageToken }), signedIn);
    await portal.getMessage({ mailbox, messageId }, signedIn);
    await portal.getMessage({ mailbox, messageId }, signedIn);
    const { ended, content, parts } = await download(who, messageId);
    await ended;
    expect(content()).toEqual(provider.content);

    const journal = await journalOf(who, 5);
    expect(journal.map(({ step }) => step)).toEqual(['opened', 'opened', 'opened', 'intended', 'concluded']);
    const ofWhole = {
      documentId: '',
      provider: '',
      reader: MailReader.MAIL_READER_OWNER,
    };
    const [list, message, , document, outcome] = journal;
    expect(list).toMatchObject({
      personId: who.personId,
      ask: {
        askVersion: 1,
        party: NO_PARTY,
        kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
        customer: '',
        ssin: who.ssin,
        mail: { messageId: '', sender: '', ...ofWhole },
      },
      behind: { peer: PORTAL, application: 'desk', mail: { delegationId: '', readerId: '' } },
      outcome: { outcomeVersion: 1, result: ACCESS_RESULT_ANSWERED },
    });
    expect(message).toMatchObject({
      ask: { party: NO_PARTY, mail: { messageId, sender: PROVIDER, ...ofWhole } },
      outcome: { result: ACCESS_RESULT_ANSWERED },
    });
    expect(document).toMatchObject({
      ask: { party: PROVIDER, mail: { messageId, documentId, provider: PROVIDER } },
      outcome: undefined,
    });
    expect(outcome).toMatchObject({
      journalId: document?.journalId,
      outcome: { result: ACCESS_RESULT_ANSWERED, reason: '' },
    });
    const ticket = document?.behind?.ticket;
    expect(parts[0]).toMatchObject({ $case: 'header', value: { ticket, name: provider.document.name } });
    expect(provider.asked).toMatchObject([{ messageId, documentId, reader: MailReader.MAIL_READER_OWNER }]);
    expect(new Set(journal.flatMap(({ behind }) => behind?.ticket ?? [])).size).toBe(4);
  });

  it('makes a message read, also when only a document of it is opened', async () => {
    const who = world.person();
    const messageId = await put(who);
    await (await download(who, messageId)).ended;
    const { messages } = await portal.listMessages(listing(), await world.signedIn(who));
    expect(messages[0]?.readTime).toBeDefined();
  });

  it('is found by the owner in the list of accesses, whoever opened the mail', async () => {
    const owner = world.person();
    const { delegate, reference, delegationId } = await delegateOf(owner);
    const messageId = await put(owner);
    await portal.listMessages(listing({ mailbox: reference }), await world.signedIn(delegate));
    await portal.getMessage({ mailbox: reference, messageId }, await world.signedIn(delegate));
    await (await download(delegate, messageId, reference)).ended;
    await portal.getMessage({ mailbox, messageId }, await world.signedIn(owner));
    const journal = await journalOf(owner, 5);
    // The number of a delegate is not for the owner.
    expect(journal.map(({ ask }) => ask?.ssin)).toEqual(['', '', '', undefined, owner.ssin]);

    const listed = await asAudited(owner, journal);
    const byDelegate = { reader: MailReader.MAIL_READER_DELEGATE, delegationId };
    const kind = AccessKind.ACCESS_KIND_MAIL_OPENING;
    const all = { kind, peer: PORTAL, concluded: true, result: ACCESS_RESULT_ANSWERED };
    expect(listed).toMatchObject([
      { ...all, mail: { messageId, documentId: '', reader: MailReader.MAIL_READER_OWNER } },
      { ...all, mail: { messageId, documentId, provider: PROVIDER, ...byDelegate } },
      { ...all, mail: { messageId, documentId: '', ...byDelegate } },
      { ...all, mail: { messageId: '', ...byDelegate } },
    ]);
  });

  it('is durable before anything is shown: while the journal is held or cut off, nothing leaves and no provider is asked', async () => {
    const who = world.person();
    const messageId = await put(who);
    const signedIn = await world.signedIn(who);
    const admin = new pg.Client({ connectionString: mesh.database.adminUrl });
    await admin.connect();
    const openings = () => [
      portal.listMessages(listing(), { ...signedIn, deadlineMs: 10_000 }),
      portal.getMessage({ mailbox, messageId }, { ...signedIn, deadlineMs: 10_000 }),
      download(who, messageId).then(({ ended }) => ended),
    ];
    try {
      await admin.query('begin');
      // Reading goes on; whoever writes to the journal waits.
      await admin.query('lock table es.events in exclusive mode');
      const held = await Promise.all(openings().map((one) => refusalOf(one)));
      expect(held.map(({ code, reason }) => [code, reason])).toEqual(
        Array.from({ length: 3 }, () => [status.UNAVAILABLE, 'JOURNAL_UNAVAILABLE']),
      );
      await admin.query('rollback');

      database.cut();
      const cut = await Promise.all(openings().map((one) => refusalOf(one)));
      expect(cut.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => status.UNAVAILABLE));
      expect(provider.asked).toEqual([]);
    } finally {
      database.mend();
      await admin.end();
    }
    const { messages } = await eventually(
      () => portal.listMessages(listing(), signedIn),
      () => true,
    );
    expect(messages).toHaveLength(1);
  });

  it('of a document tells the owner why it was not whole', async () => {
    const who = world.person();
    const messageId = await put(who);
    const outcomes = async (steps: number) =>
      (await journalOf(who, steps)).flatMap(({ step, outcome }) =>
        step === 'concluded' ? [[outcome?.result, outcome?.reason]] : [],
      );

    provider.sent = Buffer.from(provider.content).fill('x', 20);
    expect(await refusalOf((await download(who, messageId)).ended)).toMatchObject({ reason: 'DOCUMENT_CHANGED' });
    expect(await outcomes(2)).toEqual([[ACCESS_RESULT_REFUSED, 'DOCUMENT_CHANGED']]);

    provider.sent = provider.content;
    const release = provider.hold();
    const broken = await download(who, messageId);
    await broken.begun();
    broken.stop();
    await refusalOf(broken.ended);
    expect(await outcomes(4)).toContainEqual([ACCESS_RESULT_REFUSED, 'BROKEN_OFF']);
    release();
    expect(await asAdmin(world, 'select from open_downloads where owner_id = $1', [who.personId])).toEqual([]);
  });

  it('of a document that has expired, or is in no such message, is refused before anything is recorded', async () => {
    const who = world.person();
    const expiresOn = parseIsoDay('2026-01-31');
    const messageId = await put(who, expiresOn ? { expiresOn } : {});
    expect(await refusalOf((await download(who, messageId)).ended)).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'DOCUMENT_EXPIRED',
      metadata: { expirationDate: '2026-01-31' },
    });
    const another = await put(who, { documents: [{ ...provider.document, id: 'other' }] });
    expect(await refusalOf((await download(who, another)).ended)).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });
    expect(await journalOf(who, 0)).toEqual([]);
    expect(provider.asked).toEqual([]);
  });

  it('of a document is closed as unknown after an hour when its process was killed, and concluded by one that lives', async () => {
    const [killed, slow] = [world.person(), world.person()];
    const release = provider.hold();
    const process = await mesh.startProcess();
    const doomed = world.client(MessageServiceService, process, PORTAL);
    const lost = await download(killed, await put(killed), mailbox, doomed);
    const going = await download(slow, await put(slow));
    await Promise.all([lost.begun(), going.begun()]);
    await process.stop('SIGKILL');
    await lost.ended.catch((error: unknown) => expect(error).toBeInstanceOf(RemoteError));
    const steps = async (who: Person, count: number) =>
      (await journalOf(who, count)).map(({ step, outcome }) => outcome?.result ?? step);

    const clock = new TurnedClock();
    clock.turn(HOUR_MS - 60_000);
    const start = () =>
      mesh.startInProcess(service, AppModule, {
        override: (builder) => builder.overrideProvider(Clock).useValue(clock),
      });
    const early = await start();
    await early.stop();
    expect(await steps(killed, 1)).toEqual(['intended']);

    clock.turn(2 * 60_000);
    const later = await start();
    for (const who of [killed, slow]) await steps(who, 2);
    release();
    await going.ended;
    expect(going.content()).toEqual(provider.content);
    expect(await steps(slow, 3)).toEqual(['intended', ACCESS_RESULT_OUTCOME_UNKNOWN, ACCESS_RESULT_ANSWERED]);
    expect(await steps(killed, 2)).toEqual(['intended', ACCESS_RESULT_OUTCOME_UNKNOWN]);
    expect(await asAdmin(world, 'select from open_downloads')).toEqual([]);
    await later.stop();
  });

  it('of a document is closed as unknown by a stream of its own when the month of its stream may be closed', async () => {
    const who = world.person();
    const release = provider.hold();
    const process = await mesh.startProcess();
    const lost = await download(who, await put(who), mailbox, world.client(MessageServiceService, process, PORTAL));
    await lost.begun();
    await process.stop('SIGKILL');
    await lost.ended.catch((error: unknown) => expect(error).toBeInstanceOf(RemoteError));
    const clock = new TurnedClock();
    clock.turn(100 * 24 * HOUR_MS);
    const later = await mesh.startInProcess(service, AppModule, {
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const [intended, concluded] = await journalOf(who, 2);
    expect(concluded).toMatchObject({
      journalId: intended?.journalId,
      outcome: { result: ACCESS_RESULT_OUTCOME_UNKNOWN },
    });
    const streams = await asAdmin<{ stream_id: string }>(
      world,
      `select stream_id from es.events where data->>'ownerId' = $1 and type like 'DocumentOpening%' order by serial`,
      [who.personId],
    );
    expect(streams.map(({ stream_id: id }) => id === intended?.journalId)).toEqual([true, false]);
    expect(await asAdmin(world, 'select from open_downloads')).toEqual([]);
    release();
    await later.stop();
  });

  /** What access-audit lists of a journal. */
  const asAudited = async ({ ssin, personId }: Person, journal: readonly Opening[]) => {
    const audit = await TestMesh.start('access-audit');
    mesh.defer(() => audit.stop());
    const events = 'crossroads.access.v1';
    await audit.publisher('exchange', 'crossroads.access.exchange.v1', events);
    await audit.publisher('subscription', 'crossroads.access.subscription.v1', events);
    const ebox = await audit.publisher('ebox', 'crossroads.access.ebox.v1', events);
    const directory = new DirectoryStandIn();
    directory.put({ ssin, personId });
    await audit.standIn('reference-directory', directory.serve('access-audit'));
    const signIn = await SignInStandIn.register(audit);
    const tls = await audit.register(PORTAL);
    const { port } = await audit.startProcess();
    const client = audit.connect(AuditServiceService, port, tls);
    for (const { step, journalId, sequence, data } of journal)
      await ebox.append({
        type: `accesses.notify.${step}`,
        streamId: journalId,
        revision: sequence,
        key: journalId,
        data,
      });
    const token = await signIn.token({ ssin, service: 'access-audit', portal: { enterpriseNumber: PORTAL, tls } });
    const request = { pageSize: 0, pageToken: '', withoutOwn: false, enterpriseNumber: '', filter: undefined };
    const { accesses } = await eventually(
      () => client.listAccesses(request, { metadata: { authorization: `Bearer ${token}` } }),
      ({ accesses: all }) => {
        const openings = all.filter(({ kind }) => kind === AccessKind.ACCESS_KIND_MAIL_OPENING);
        return openings.length === 4 && openings.every(({ concluded }) => concluded);
      },
    );
    return accesses.filter(({ kind }) => kind === AccessKind.ACCESS_KIND_MAIL_OPENING);
  };
});
