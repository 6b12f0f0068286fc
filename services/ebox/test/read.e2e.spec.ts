import {
  type ListMessagesRequest,
  MessageServiceService,
  ReadFilter,
} from '@crossroads/contracts/ebox/v1/message_service';
import { Database } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { parseIsoDay } from '@crossroads/identifiers';
import { PostgresSubjectKeys } from '@crossroads/privacy';
import { refusalOf } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { documentOf, listing, type Mail, type MessageClient, PROVIDER, putMail, TYPE } from './mail.js';
import { PORTAL, type Person, World } from './world.js';

const mailbox = undefined;
const { READ_FILTER_READ, READ_FILTER_UNREAD, READ_FILTER_UNSPECIFIED } = ReadFilter;

describe('a mailbox', () => {
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;
  let portal: MessageClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    await mesh.register(PROVIDER, { name: 'Office of pensions' });
    running = await mesh.startInProcess(service, AppModule);
    portal = world.client(MessageServiceService, running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const put = (owner: Person, mail: Mail = {}) => putMail(running, owner.personId, mail);
  const list = async (who: Person, more: Partial<ListMessagesRequest> = {}) =>
    portal.listMessages(listing(more), await world.signedIn(who));
  const idsOf = async (who: Person, more: Partial<ListMessagesRequest> = {}) =>
    (await list(who, more)).messages.map(({ messageId }) => messageId);
  const get = async (who: Person, messageId: string) =>
    (await portal.getMessage({ mailbox, messageId }, await world.signedIn(who))).message;
  const mark = async (who: Person, messageId: string, read: boolean, requestId = newRequestId()) =>
    portal.markMessage({ requestId, mailbox, messageId, read }, await world.signedIn(who));
  const hide = async (who: Person, messageId: string, hidden: boolean) =>
    portal.hideMessage({ requestId: newRequestId(), mailbox, messageId, hidden }, await world.signedIn(who));
  const query = <Row>(sql: string, ...params: unknown[]) =>
    running.application.get(Database, { strict: false }).query<Row>(sql, params);
  const pagesOf = async (who: Person, pageSize: number, more: Partial<ListMessagesRequest> = {}) => {
    const ids: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await list(who, { ...more, pageSize, pageToken });
      ids.push(...page.messages.map(({ messageId }) => messageId));
      pageToken = page.nextPageToken;
      if (pageToken === '') return ids;
    }
  };

  it('shows each message with its sender, subject and documents, as text and whatever is in it', async () => {
    const who = world.person();
    const expiresOn = parseIsoDay('2030-02-28');
    const subject = { nl: '<b>Uw</b> beslissing', fr: 'Votre décision' };
    const documents = [documentOf(Buffer.from('one')), documentOf(Buffer.from('two'), { id: '2', uploaded: true })];
    const messageId = await put(who, { subject, documents, registeredMail: true, ...(expiresOn ? { expiresOn } : {}) });
    const { messages, nextPageToken } = await list(who);
    expect(nextPageToken).toBe('');
    expect(messages).toMatchObject([
      {
        messageId,
        sender: PROVIDER,
        senderName: 'Office of pensions',
        subject: { ...subject, de: '', en: '' },
        messageType: TYPE,
        expirationDate: { year: 2030, month: 2, day: 28 },
        readTime: undefined,
        hidden: false,
        registeredMail: true,
        documents: [
          { documentId: 'decision', name: 'decision.pdf', mediaType: 'application/pdf', size: 3n, uploaded: false },
          { documentId: '2', uploaded: true },
        ],
      },
    ]);
    expect(messages[0]?.documents[0]?.sha256).toHaveLength(32);
    expect(Date.now() - (messages[0]?.receivedTime?.getTime() ?? 0)).toBeLessThan(60_000);
    expect(await get(who, messageId)).toEqual({ ...messages[0], readTime: expect.any(Date) });
  });

  it('is listed newest first, by pages that stay in place while mail arrives', async () => {
    const who = world.person();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await put(who));
    const first = await list(who, { pageSize: 2 });
    await put(who);
    const second = await list(who, { pageSize: 2, pageToken: first.nextPageToken });
    const third = await list(who, { pageSize: 2, pageToken: second.nextPageToken });
    expect([first, second, third].map(({ messages }) => messages.map(({ messageId }) => messageId))).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    expect(third.nextPageToken).toBe('');
  });

  it('refuses a page token of other filters, or of somebody else', async () => {
    const [who, other] = [world.person(), world.person()];
    for (let n = 0; n < 3; n++) await put(who);
    const { nextPageToken: pageToken } = await list(who, { pageSize: 1 });
    const ofAnother = { reason: 'INVALID_INPUT', metadata: { rule: 'PAGE_TOKEN_OF_ANOTHER_LIST' } };
    for (const more of [{ hidden: true }, { words: 'a' }, { sender: PROVIDER }, { registeredMailOnly: true }])
      expect(await refusalOf(list(who, { ...more, pageToken }))).toMatchObject(ofAnother);
    expect(await refusalOf(list(other, { pageToken }))).toMatchObject(ofAnother);
    expect(await refusalOf(list(who, { pageToken: `x${pageToken}` }))).toMatchObject({ reason: 'INVALID_INPUT' });
  });

  it('is filtered by what a message is, each filter and all together', async () => {
    const senders = [PROVIDER, '0206731744'];
    const types = [TYPE, 'TAX_ASSESSMENT'];
    const oneOf = (values: readonly string[]) => fc.constantFrom(...values);
    const mail = fc.record({
      sender: oneOf(senders),
      messageType: oneOf(types),
      registeredMail: fc.boolean(),
      read: fc.boolean(),
      hidden: fc.boolean(),
    });
    const filters = fc.record({
      sender: oneOf(['', ...senders]),
      messageType: oneOf(['', ...types]),
      registeredMailOnly: fc.boolean(),
      read: fc.constantFrom(READ_FILTER_UNSPECIFIED, READ_FILTER_READ, READ_FILTER_UNREAD),
      hidden: fc.boolean(),
    });
    const isListed = (
      one: typeof mail extends fc.Arbitrary<infer M> ? M : never,
      by: typeof filters extends fc.Arbitrary<infer F> ? F : never,
    ) =>
      one.hidden === by.hidden &&
      (by.sender === '' || one.sender === by.sender) &&
      (by.messageType === '' || one.messageType === by.messageType) &&
      (!by.registeredMailOnly || one.registeredMail) &&
      (by.read === READ_FILTER_UNSPECIFIED || one.read === (by.read === READ_FILTER_READ));
    await fc.assert(
      fc.asyncProperty(
        fc.array(mail, { minLength: 1, maxLength: 8 }),
        fc.array(filters, { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        async (mails, all, pageSize) => {
          const who = world.person();
          const stored: { readonly id: string; readonly one: (typeof mails)[number] }[] = [];
          for (const one of mails) {
            const id = await put(who, one);
            if (one.read) await mark(who, id, true);
            if (one.hidden) await hide(who, id, true);
            stored.unshift({ id, one });
          }
          for (const by of all)
            expect(await pagesOf(who, pageSize, by)).toEqual(
              stored.filter(({ one }) => isListed(one, by)).map(({ id }) => id),
            );
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is searched by words in whichever language, without regard to capitals and accents', async () => {
    const words = [
      ['décision', 'Decision', 'DÉCISION'],
      ['tegemoetkoming', 'TEGEMOETKOMING', 'Tegemoetkoming'],
      ['Bescheid', 'bescheid', 'BESCHEID'],
      ['été', 'ETE', 'ete\u0301'],
      ['2026', '２０２６', '2026'],
      ['n', 'N', 'ñ'],
    ] as const;
    const separators = [' ', ', ', ' – ', "'", ' <b>', '/'];
    const places = fc.array(fc.tuple(fc.nat(words.length - 1), fc.nat(2), fc.constantFrom(...separators)), {
      maxLength: 4,
    });
    const text = (places: readonly (readonly [number, number, string])[]) =>
      places.map(([word, form, separator]) => `${words[word]?.[form]}${separator}`).join('');
    const searched = fc.array(fc.tuple(fc.nat(words.length - 1), fc.nat(2), fc.constant(' ')), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ nl: places, fr: places, de: places }), { minLength: 1, maxLength: 6 }),
        fc.array(searched, { minLength: 3, maxLength: 3 }),
        async (subjects, searches) => {
          const who = world.person();
          const stored: { readonly id: string; readonly words: ReadonlySet<number> }[] = [];
          for (const { nl, fr, de } of subjects) {
            const id = await put(who, { subject: { nl: text(nl), fr: text(fr), de: text(de) } });
            stored.unshift({ id, words: new Set([...nl, ...fr, ...de].map(([word]) => word)) });
          }
          for (const search of searches)
            expect(await idsOf(who, { words: text(search) })).toEqual(
              stored.filter((one) => search.every(([word]) => one.words.has(word))).map(({ id }) => id),
            );
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is searched within one mailbox: the same word of another one is not found', async () => {
    const [who, other] = [world.person(), world.person()];
    await put(other, { subject: { nl: 'Uitzonderlijk' } });
    expect(await idsOf(who, { words: 'uitzonderlijk' })).toEqual([]);
    expect(await idsOf(other, { words: 'uitzonderlijk' })).toHaveLength(1);
    const rows = await query<{ readonly words: bigint[] }>('select words from messages where owner_id = any($1)', [
      [who.personId, other.personId],
    ]);
    await put(who, { subject: { nl: 'Uitzonderlijk' } });
    const all = await query<{ readonly words: bigint[] }>('select words from messages where owner_id = any($1)', [
      [who.personId, other.personId],
    ]);
    expect(new Set(all.flatMap(({ words }) => words)).size).toBe(rows.flatMap(({ words }) => words).length + 1);
  });

  it('is filtered by days of receipt in Brussels, both included', async () => {
    const who = world.person();
    const at = [
      '2026-03-28T22:59:59.999Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59.999Z',
      '2026-03-29T22:00:00Z',
    ].map((text) => new Date(text));
    const ids: string[] = [];
    for (const one of at) ids.push(await put(who, { at: one }));
    const day = (date: number) => ({ year: 2026, month: 3, day: date });
    // The day on which summer time begins has 23 hours.
    expect(await idsOf(who, { received: { startDate: day(29), endDate: day(29) } })).toEqual([ids[2], ids[1]]);
    expect(await idsOf(who, { received: { startDate: day(30), endDate: undefined } })).toEqual([ids[3]]);
    expect(await idsOf(who, { received: { startDate: undefined, endDate: day(28) } })).toEqual([ids[0]]);
    const [first, last] = [
      { year: 1, month: 1, day: 1 },
      { year: 9999, month: 12, day: 31 },
    ];
    expect(await idsOf(who, { received: { startDate: first, endDate: last } })).toHaveLength(4);
    expect(await idsOf(who, { received: { startDate: last, endDate: last } })).toEqual([]);
    expect(await idsOf(who, { received: { startDate: first, endDate: first } })).toEqual([]);
  });

  it('counts a message as read from its first opening on, and tells its sender once, whoever opens it at once', async () => {
    const who = world.person();
    const messageId = await put(who);
    const opened = await Promise.all(Array.from({ length: 6 }, () => get(who, messageId)));
    expect(opened.every((one) => one?.readTime !== undefined)).toBe(true);
    const events = await query<{ readonly data: unknown }>(
      `select data from es.events where stream_id = $1 and type = 'MessageRead'`,
      messageId,
    );
    expect(events).toEqual([{ data: { first: true } }]);
    const openings = await query(
      `select from es.events where type = 'MailOpened' and data->>'ownerId' = $1`,
      who.personId,
    );
    expect(openings).toHaveLength(6);
  });

  it('lets a message be marked as unread and as read again, which is no first reading', async () => {
    const who = world.person();
    const messageId = await put(who);
    await get(who, messageId);
    const [first] = await query<{ readonly first_read_at: Date; readonly due: string | null }>(
      'select first_read_at, due from messages where message_id = $1',
      messageId,
    );
    // It has been read, so that nobody is reminded of it.
    expect(first?.due).toBeNull();
    await mark(who, messageId, false);
    expect(await idsOf(who, { read: READ_FILTER_UNREAD })).toEqual([messageId]);
    await mark(who, messageId, true);
    await mark(who, messageId, true);
    expect(await idsOf(who, { read: READ_FILTER_UNREAD })).toEqual([]);
    expect(
      await query(
        `select data->'first' as first from es.events where stream_id = $1 and type = 'MessageRead' order by revision`,
        messageId,
      ),
    ).toEqual([{ first: true }, { first: false }]);
    expect(await query('select first_read_at from messages where message_id = $1', messageId)).toEqual([
      { first_read_at: first?.first_read_at },
    ]);
  });

  it('leaves hidden messages out until they are shown again', async () => {
    const who = world.person();
    const [one, other] = [await put(who), await put(who)];
    await hide(who, one, true);
    expect(await idsOf(who)).toEqual([other]);
    expect(await idsOf(who, { hidden: true })).toEqual([one]);
    expect(await get(who, one)).toMatchObject({ hidden: true });
    await hide(who, one, false);
    expect(await idsOf(who)).toEqual([other, one]);
  });

  it('answers a repeated change as before, and refuses another one under its id', async () => {
    const who = world.person();
    const messageId = await put(who);
    const requestId = newRequestId();
    await mark(who, messageId, true, requestId);
    await mark(who, messageId, false);
    await mark(who, messageId, true, requestId);
    expect((await list(who)).messages[0]?.readTime).toBeUndefined();
    expect(await refusalOf(mark(who, messageId, false, requestId))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('refuses bad input by naming each field that is wrong', async () => {
    const who = world.person();
    const violations = async (call: Promise<unknown>) =>
      (await refusalOf(call)).violations.map(({ field, reason }) => [field, reason]);
    const before = { year: 2026, month: 1, day: 2 };
    const bad = {
      received: { startDate: before, endDate: { ...before, day: 1 } },
      read: 9,
      messageType: 'x'.repeat(65),
      sender: '0206731646',
      words: ' – ',
      pageSize: -1,
    };
    expect(await violations(list(who, bad))).toEqual([
      ['received.end_date', 'INVALID_PERIOD'],
      ['read', 'UNKNOWN_READ_FILTER'],
      ['message_type', 'TOO_LONG'],
      ['sender', 'ENTERPRISE_NUMBER_CHECKSUM'],
      ['words', 'NO_WORD'],
      ['page_size', 'INVALID_PAGE_SIZE'],
    ]);
    expect(await violations(get(who, 'x'))).toEqual([['message_id', 'MALFORMED_UUID']]);
    expect(await violations(mark(who, '', true, 'x'))).toEqual([
      ['message_id', 'REQUIRED'],
      ['request_id', 'MALFORMED_REQUEST_ID'],
    ]);
    expect((await list(who, { pageSize: 1_000_000 })).messages).toEqual([]);
  });

  it('shows nothing of a person who was erased', async () => {
    const [who, former] = [world.person(), world.person()];
    world.merge(former, who);
    const [ofFormer, own] = [await put(former), await put(who)];
    expect(await idsOf(who)).toEqual([own, ofFormer]);
    await running.application
      .get(PostgresSubjectKeys, { strict: false })
      .destroy({ personId: former.personId, erasedAt: new Date(), reason: 'TEST' });
    expect(await idsOf(who)).toEqual([own]);
    expect(await refusalOf(get(who, ofFormer))).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });
    await running.application
      .get(PostgresSubjectKeys, { strict: false })
      .destroy({ personId: who.personId, erasedAt: new Date(), reason: 'TEST' });
    expect(await refusalOf(list(who))).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'SUBJECT_FORGOTTEN' });
  });

  it('is one while two persons are one, under load, and comes apart again without losing a message or a read mark', async () => {
    const [gone, stays] = [world.person(), world.person()];
    const published = { gone: [] as string[], stays: [] as string[] };
    const read = new Set<string>();
    let loading = true;
    const load = (async () => {
      while (loading) {
        published.gone.push(await put(gone));
        published.stays.push(await put(stays));
      }
    })();
    const all = () => [...published.gone, ...published.stays].sort().toReversed();
    for (let round = 0; round < 3; round++) {
      world.merge(gone, stays);
      const before = all();
      const merged = await pagesOf(stays, 7);
      expect(before.filter((id) => !merged.includes(id))).toEqual([]);
      expect(merged).toEqual(merged.toSorted().toReversed());
      for (const id of [published.gone[round], published.stays[round]])
        if (id !== undefined) {
          await get(round % 2 === 0 ? gone : stays, id);
          read.add(id);
        }
      world.split(gone, stays);
      for (const [who, own] of [
        [gone, published.gone],
        [stays, published.stays],
      ] as const) {
        const count = own.length;
        const listed = await pagesOf(who, 7);
        expect(own.slice(0, count).filter((id) => !listed.includes(id))).toEqual([]);
        expect(listed.every((id) => own.includes(id))).toBe(true);
      }
    }
    loading = false;
    await load;
    for (const [who, own] of [
      [gone, published.gone],
      [stays, published.stays],
    ] as const)
      expect(new Set(await pagesOf(who, 50, { read: READ_FILTER_READ }))).toEqual(
        new Set(own.filter((id) => read.has(id))),
      );
  });
});
