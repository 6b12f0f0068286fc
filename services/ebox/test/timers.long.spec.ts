import { Clock } from '@crossroads/configuration';
import { ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import { addDays, type IsoDay, startOfDay } from '@crossroads/identifiers';
import { eventually, ownPostgres } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AppModule } from '../src/app.module.js';
import { ProviderEventList } from '../src/provider-event/provider-event-list.js';
import { service } from '../src/service.js';
import { type StoredMessage, StoredMessages } from './stored-messages.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const REMINDED = ['MessagePublished', 'MessageReminded'];

describe('timers of messages', () => {
  let mesh: TestMesh;
  let messages: StoredMessages;
  let list: ProviderEventList;
  let now = new Date();
  let providers = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    // Two processes, with the same clock.
    for (let processes = 0; processes < 2; processes++)
      await mesh.startInProcess(service, AppModule, {
        override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
      });
    messages = await StoredMessages.in(mesh.database);
    list = new ProviderEventList(messages.db);
  });
  afterAll(async () => {
    await messages.close();
    await mesh.stop();
  });

  const newProvider = () => `provider-${++providers}`;

  const later = (instant: Date, milliseconds: number) => new Date(instant.getTime() + milliseconds);

  const whenEvents = (message: StoredMessage, wanted: readonly string[]) =>
    eventually(
      () => messages.eventsOf(message),
      (events) => events.length >= wanted.length,
    ).then((events) => expect(events).toEqual(wanted));

  const timerOf = async ({ ownerId, messageId }: StoredMessage) =>
    (
      await messages.db.query<{ readonly due: string | null; readonly due_at: Date | null }>(
        'select due, due_at from messages where owner_id = $1 and message_id = $2',
        [ownerId, messageId],
      )
    )[0];

  it('remind the sender of a message that was not read for 15 days, and not earlier', async () => {
    const [older, newer] = await Promise.all([
      messages.publish({ provider: newProvider(), receivedAt: later(now, -MINUTE_MS) }),
      messages.publish({ provider: newProvider(), receivedAt: now }),
    ]);
    now = later(now, 15 * DAY_MS - MINUTE_MS);
    await whenEvents(older, REMINDED);
    expect(await messages.eventsOf(newer)).toEqual(['MessagePublished']);
    now = later(now, MINUTE_MS);
    await whenEvents(newer, REMINDED);
    expect(await timerOf(newer)).toEqual({ due: null, due_at: null });
  });

  it('do not remind of a message that was read, also when it was marked as unread again', async () => {
    const [read, unread] = await Promise.all([
      messages.publish({ provider: newProvider(), receivedAt: now }),
      messages.publish({ provider: newProvider(), receivedAt: now }),
    ]);
    await messages.mark(read, true);
    await messages.mark(read, false);
    now = later(now, 16 * DAY_MS);
    await whenEvents(unread, REMINDED);
    await eventually(
      () => timerOf(read),
      (timer) => timer?.due === null,
    );
    expect(await messages.eventsOf(read)).toEqual(['MessagePublished', 'MessageRead', 'MessageMarkedUnread']);
  });

  it('alert the sender 7 days before a message expires, whether it was read or not', async () => {
    const expiresOn = '2027-03-29' as IsoDay;
    // Summer time begins in between.
    const alertAt = startOfDay(addDays(expiresOn, -7));
    const [read, unread, next] = await Promise.all([
      messages.publish({ provider: newProvider(), receivedAt: now, expiresOn }),
      messages.publish({ provider: newProvider(), receivedAt: now, expiresOn }),
      messages.publish({
        provider: newProvider(),
        receivedAt: later(alertAt, -DAY_MS),
        expiresOn: addDays(expiresOn, 1),
      }),
    ]);
    await messages.mark(read, true);
    now = alertAt;
    await whenEvents(unread, [...REMINDED, 'MessageExpirationAlerted']);
    await whenEvents(read, ['MessagePublished', 'MessageRead', 'MessageExpirationAlerted']);
    expect(await messages.eventsOf(next)).toEqual(['MessagePublished']);
    expect(await timerOf(next)).toEqual({ due: 'expiration', due_at: later(alertAt, DAY_MS) });
  });

  it('have their effects in the order in which they are due, and the provider gets each once', async () => {
    const provider = newProvider();
    const expiresOn = '2027-06-30' as IsoDay;
    const receivedAt = startOfDay('2027-05-01' as IsoDay);
    const late = await messages.publish({ provider, receivedAt: later(receivedAt, DAY_MS), expiresOn });
    const early = await messages.publish({ provider, receivedAt, expiresOn });
    now = startOfDay('2027-07-01' as IsoDay);
    const { events } = await eventually(
      () => list.page(provider, 0n, 100),
      ({ lastSequenceNbr }) => lastSequenceNbr >= 6n,
    );
    const [published, reminder, alert] = [
      ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT,
      ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT_REMINDER,
      ProviderEventKind.PROVIDER_EVENT_KIND_DOCUMENT_EXPIRATION_ALERT,
    ];
    expect(events.map(({ kind, messageId }) => [kind, messageId === early.messageId ? 'early' : 'late'])).toEqual([
      [published, 'late'],
      [published, 'early'],
      [reminder, 'early'],
      [reminder, 'late'],
      [alert, expect.anything()],
      [alert, expect.anything()],
    ]);
    await eventually(
      () => timerOf(late),
      (timer) => timer?.due === null,
    );
  });

  it('that are more than one batch are handled by several processes, each timer once', async () => {
    const provider = newProvider();
    const count = 1_100;
    const stored: StoredMessage[] = [];
    for (let batch = 0; batch < count / 100; batch++)
      stored.push(
        ...(await Promise.all(Array.from({ length: 100 }, () => messages.publish({ provider, receivedAt: now })))),
      );
    now = later(now, 15 * DAY_MS);
    await eventually(
      () => list.page(provider, 0n, 1),
      ({ lastSequenceNbr }) => lastSequenceNbr >= BigInt(2 * count),
    );
    expect(new Set((await Promise.all(stored.map((one) => messages.eventsOf(one)))).map(String))).toEqual(
      new Set([String(REMINDED)]),
    );
    expect((await list.page(provider, 0n, 1)).lastSequenceNbr).toBe(BigInt(2 * count));
  });
});

describe('a timer', () => {
  let mesh: TestMesh;
  let messages: StoredMessages;
  let admin: pg.Client;

  beforeAll(async () => {
    // It holds transactions open.
    await ownPostgres();
    mesh = await TestMesh.start('ebox');
    await (await mesh.startProcess()).stop();
    messages = await StoredMessages.in(mesh.database);
    admin = new pg.Client({ connectionString: mesh.database.adminUrl });
    await admin.connect();
  });
  afterAll(async () => {
    await messages.close();
    await admin.end();
    await mesh.stop();
  });

  const isWaiting = async (statement: string): Promise<boolean> => {
    const waiting = await messages.db.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and ltrim(query, E' \n') like $1`,
      [statement],
    );
    return waiting.length === 1;
  };

  it.each([
    ['its event', 'es.events', 'insert into es.events%'],
    ['the next timer', 'messages', 'update messages m set due_at%'],
  ])('has its effect once when the process is killed while it writes %s', async (_what, table, statement) => {
    const receivedAt = new Date(Date.now() - 20 * DAY_MS);
    const message = await messages.publish({ provider: table, receivedAt });
    await admin.query('begin');
    await admin.query(`lock table ${table} in share mode`);
    const killed = await mesh.startProcess({ until: 'listening' });
    await eventually(() => isWaiting(statement), Boolean);
    await killed.stop('SIGKILL');
    await admin.query('commit');
    expect(await messages.eventsOf(message)).toEqual(['MessagePublished']);

    const next = await mesh.startProcess();
    const list = new ProviderEventList(messages.db);
    await eventually(
      () => list.page(table, 0n, 10),
      ({ lastSequenceNbr }) => lastSequenceNbr === 2n,
    );
    expect(await messages.eventsOf(message)).toEqual(REMINDED);
    await next.stop();
  });
});
