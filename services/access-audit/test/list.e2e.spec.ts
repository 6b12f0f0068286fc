import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Citizen } from '@crossroads/client';
import {
  AccessKind,
  AccessResult,
  ConsultationStatus,
  MailReader,
} from '@crossroads/contracts/access/v1/access_record';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { Bundle } from '@crossroads/contracts/events/v1/bundle';
import { generateKeyFile } from '@crossroads/privacy';
import { allRows, eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, TRUST_DOMAIN, type ToPublish } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  access,
  concluded,
  concludedApart,
  DELIBERATION,
  delivered,
  deliveredAndAsked,
  halfRefused,
  intended,
  opened,
  OTHER,
  refused,
  SERVICE,
  someone,
  withheld,
} from './accesses.js';
import { type AuditClient, EVENTS, PORTAL, TOPIC, WELFARE, World } from './world.js';

const { ACCESS_RESULT_ANSWERED, ACCESS_RESULT_REFUSED, ACCESS_RESULT_UNSPECIFIED } = AccessResult;

describe('the list of accesses', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let portal: AuditClient;
  let counter = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit', { bus: 'kafka' });
    world = await World.create(mesh);
    const grants: never[] = [];
    const state = DeliberationState.DELIBERATION_STATE_APPROVED;
    mesh.policy.put({
      $case: 'deliberation',
      value: {
        deliberationId: DELIBERATION,
        reference: '26/001',
        title: '',
        recipient: WELFARE,
        grants,
        state,
        decideTime: undefined,
        revokeTime: undefined,
      },
    });
    running = await mesh.startProcess();
    portal = world.client(running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const citizen = (mergedPersonIds: string[] = []) => {
    const person = someone(++counter);
    world.directory.put(person, [], { mergedPersonIds });
    return person;
  };
  const list = async (
    ssin: string,
    more: { pageSize?: number; pageToken?: string; withoutOwn?: boolean } = {},
    client = portal,
  ) =>
    client.listAccesses(
      {
        pageSize: more.pageSize ?? 0,
        pageToken: more.pageToken ?? '',
        withoutOwn: more.withoutOwn ?? true,
        enterpriseNumber: '',
        filter: undefined,
      },
      { metadata: { authorization: `Bearer ${await world.token(ssin)}` } },
    );
  const until = async (
    ssin: string,
    good: (accesses: readonly Access[]) => boolean,
    client = portal,
  ): Promise<readonly Access[]> => eventually(async () => (await list(ssin, {}, client)).accesses, good);
  const raw = (one: ToPublish, id: string = randomUUID(), sequence?: string) => ({
    id,
    source: 'urn:crossroads:service:exchange',
    service: EVENTS,
    type: `${EVENTS}.${one.type}`,
    time: new Date(),
    key: one.key,
    data: one.data,
    ...(sequence === undefined ? {} : { sequence }),
  });
  const send = async (events: readonly ReturnType<typeof raw>[], sealing = mesh.sealing('exchange')) =>
    mesh.bus.broker.publish(TOPIC, await sealing.seal(TOPIC, events));

  it('shows consultations, refusals and deliveries, newest first, each with its purpose, deliberation and outcome', async () => {
    const person = citizen();
    const [first, second, third] = [1, 2, 3].map((minute) =>
      access(person, { time: new Date(Date.UTC(2026, 0, 1, 0, minute)) }),
    );
    if (!first || !second || !third) throw new Error('three accesses');
    await world.exchange.append(intended(first));
    const [underWay] = await until(person.ssin, ({ length }) => length === 1);
    expect(underWay).toMatchObject({ concluded: false, result: ACCESS_RESULT_UNSPECIFIED });
    await world.exchange.append(concluded(first));
    await world.subscription.append(delivered(second));
    await world.exchange.append(refused(third, 'NOT_INSCRIBED'));
    const accesses = await until(person.ssin, (all) => all.length === 3 && all.every((one) => one.concluded));
    expect(accesses).toMatchObject([
      { journalId: third.journalId, result: ACCESS_RESULT_REFUSED, reason: 'NOT_INSCRIBED' },
      { journalId: second.journalId, kind: AccessKind.ACCESS_KIND_DELIVERY, result: ACCESS_RESULT_ANSWERED },
      {
        journalId: first.journalId,
        kind: AccessKind.ACCESS_KIND_CONSULTATION,
        customer: WELFARE,
        customerName: `Institution ${WELFARE}`,
        officialRole: 'social-worker',
        legalContext: 'PCSA:SOCIAL_INQUIRY',
        result: ACCESS_RESULT_ANSWERED,
        services: [
          {
            dataService: SERVICE,
            status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
            fieldGroups: ['employer'],
            filtered: [{ path: 'amount', reason: 'NOT_GRANTED' }],
            deliberationId: DELIBERATION,
            deliberationReference: '26/001',
          },
        ],
      },
    ]);
  });

  it('shows a repeated consultation as a line of its own, which names the first', async () => {
    const person = citizen();
    const first = access(person, { time: new Date(Date.UTC(2026, 0, 1)) });
    const again = access(person, { time: new Date(Date.UTC(2026, 0, 1, 0, 1)), repeatOf: first.journalId });
    await world.exchange.append(concluded(first, ACCESS_RESULT_ANSWERED, '', 1n));
    await world.exchange.append(concluded(again, ACCESS_RESULT_ANSWERED, '', 1n));
    expect(await until(person.ssin, ({ length }) => length === 2)).toMatchObject([
      { journalId: again.journalId, repeatOf: first.journalId },
      { journalId: first.journalId, repeatOf: '' },
    ]);
  });

  it('shows the releases of one access as one line, with each data service once', async () => {
    const person = citizen();
    const asked = access(person, { time: new Date(Date.UTC(2026, 0, 1)) });
    const delivery = access(person, { time: new Date(Date.UTC(2026, 0, 2)) });
    await world.exchange.append(halfRefused(asked));
    await world.subscription.append(deliveredAndAsked(delivery));
    await world.subscription.append(withheld(delivery, 'GRANT_REVOKED'));
    const [sent, consulted] = await until(
      person.ssin,
      (all) => all.length === 2 && all.some(({ earlierOutcomes }) => earlierOutcomes.length > 0),
    );
    expect(sent).toMatchObject({
      journalId: delivery.journalId,
      result: ACCESS_RESULT_REFUSED,
      reason: 'GRANT_REVOKED',
      earlierOutcomes: [{ result: ACCESS_RESULT_ANSWERED }],
    });
    expect(sent?.services).toHaveLength(1);
    expect(consulted).toMatchObject({
      result: ACCESS_RESULT_ANSWERED,
      reason: '',
      inscription: { context: 'PCSA:LIVING_WAGE' },
      services: [
        { dataService: OTHER, reason: 'NO_DELIBERATION', fieldGroups: [] },
        { dataService: SERVICE, reason: '', fieldGroups: ['employer'] },
      ],
    });
  });

  it('shows who opened mail, and which, also while a document is being opened', async () => {
    const person = citizen();
    const mail = {
      messageId: randomUUID(),
      documentId: '',
      sender: WELFARE,
      provider: '',
      reader: MailReader.MAIL_READER_DELEGATE,
    };
    const reading = { delegationId: randomUUID(), readerId: 'somebody' };
    const shown = { delegationId: reading.delegationId, readerPersonId: reading.readerId };
    const message = access(person, { time: new Date(Date.UTC(2026, 0, 1)), mail, reading });
    const document = access(person, {
      time: new Date(Date.UTC(2026, 0, 2)),
      kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
      mail: { ...mail, documentId: 'decision', provider: WELFARE },
      reading,
    });
    await world.ebox.append(opened(message));
    await world.ebox.append(intended(document));
    const kind = AccessKind.ACCESS_KIND_MAIL_OPENING;
    expect(await until(person.ssin, ({ length }) => length === 2)).toMatchObject([
      { journalId: document.journalId, kind, mail: { ...document.mail, ...shown }, concluded: false },
      {
        journalId: message.journalId,
        kind,
        mail: { ...mail, ...shown },
        concluded: true,
        result: ACCESS_RESULT_ANSWERED,
      },
    ]);
    await world.ebox.append(concludedApart(document));
    expect(await until(person.ssin, (all) => all.every((one) => one.concluded))).toMatchObject([
      { mail: document.mail, result: ACCESS_RESULT_ANSWERED },
      {},
    ]);
  });

  it('has each access once, however often and in whatever order its steps arrive; the later outcome counts', async () => {
    const person = citizen();
    const [asked, sent] = [access(person), access(person, { time: new Date(Date.now() - 60_000) })];
    const [start, end] = [raw(intended(asked), randomUUID(), '1'), raw(concludedApart(asked), randomUUID(), '2')];
    const revoked = raw(concluded(sent, ACCESS_RESULT_REFUSED, 'GRANT_REVOKED'), randomUUID(), '2');
    await send([end, end]);
    await send([revoked, start, end, start, raw(concluded(sent), randomUUID(), '1'), revoked]);
    const accesses = await until(person.ssin, (all) => all.length === 2);
    expect(accesses).toMatchObject([
      { journalId: asked.journalId, concluded: true, result: ACCESS_RESULT_ANSWERED, earlierOutcomes: [] },
      {
        journalId: sent.journalId,
        concluded: true,
        result: ACCESS_RESULT_REFUSED,
        reason: 'GRANT_REVOKED',
        // What was said before stays to be seen.
        earlierOutcomes: [{ result: ACCESS_RESULT_ANSWERED }],
      },
    ]);
    await world.exchange.replay();
    await send([start, end]);
    const mark = access(person);
    await world.exchange.append(refused(mark, 'NOT_INSCRIBED'));
    expect(await until(person.ssin, (all) => all.some(({ journalId }) => journalId === mark.journalId))).toHaveLength(
      3,
    );
  });

  it('is complete when it is read by pages, also while it grows', async () => {
    const person = citizen();
    const at = new Date(Date.UTC(2026, 1, 1));
    for (let n = 0; n < 7; n++) await world.exchange.append(refused(access(person, { time: at }), 'NOT_INSCRIBED'));
    await until(person.ssin, (all) => all.length === 7);
    const seen: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await list(person.ssin, { pageSize: 3, pageToken });
      seen.push(...page.accesses.map(({ journalId }) => journalId));
      if (seen.length === 3) await world.exchange.append(refused(access(person), 'NOT_INSCRIBED'));
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
    }
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
    const page = await list(person.ssin, { pageSize: 1 });
    const another = citizen();
    expect(await refusalOf(list(another.ssin, { pageToken: page.nextPageToken }))).toMatchObject({
      metadata: { field: 'page_token', rule: 'PAGE_TOKEN_OF_ANOTHER_LIST' },
    });
  });

  it('records that it was read before it answers, and leaves such records out on request', async () => {
    const person = citizen();
    expect((await list(person.ssin, { withoutOwn: false })).accesses).toEqual([]);
    const { accesses } = await list(person.ssin, { withoutOwn: false });
    expect(accesses).toMatchObject([
      { kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION, peer: PORTAL, concluded: true, result: ACCESS_RESULT_ANSWERED },
    ]);
    expect((await list(person.ssin)).accesses).toEqual([]);
  });

  it('includes the ids that a person had before a number was replaced, and no other person’s', async () => {
    const before = someone(++counter);
    const person = citizen([before.personId]);
    const stranger = citizen();
    await world.exchange.append(refused(access(before), 'NOT_INSCRIBED'));
    await world.exchange.append(refused(access(person), 'NOT_INSCRIBED'));
    await world.exchange.append(refused(access(stranger), 'NOT_INSCRIBED'));
    expect(await until(person.ssin, (all) => all.length >= 2)).toHaveLength(2);
    expect(await until(stranger.ssin, (all) => all.length >= 1)).toHaveLength(1);
  });

  it('can be read with the SDK', async () => {
    const person = citizen();
    await world.exchange.append(refused(access(person), 'NOT_INSCRIBED'));
    await until(person.ssin, (all) => all.length === 1);
    const tls = world.certificate(PORTAL);
    const addresses = {
      'access-audit': `127.0.0.1:${running.institutionsPort}`,
      ebox: '127.0.0.1:1',
      'person-registry': '127.0.0.1:1',
      'reference-directory': '127.0.0.1:1',
    };
    const sdk = new Citizen({ addresses, tls, trustDomain: TRUST_DOMAIN });
    const seen: Access[] = [];
    for await (const one of sdk.accesses(await world.token(person.ssin), { withoutOwn: true, pageSize: 1 }))
      seen.push(one);
    sdk.close();
    expect(seen).toHaveLength(1);
  });

  it('is rebuilt from its publishers’ logs when the topic no longer has the events', async () => {
    const person = citizen();
    await world.exchange.pause();
    const kept = access(person);
    await world.exchange.append(intended(kept));
    await world.exchange.append(concluded(kept));
    // Two processes share the partitions of the topic, also when their databases differ.
    await running.stop();
    const anew = await mesh.startProcess({ databases: await mesh.newDatabases() });
    const client = world.client(anew, PORTAL);
    expect(await until(person.ssin, (all) => all.length === 1, client)).toMatchObject([
      { journalId: kept.journalId, concluded: true },
    ]);
    await anew.stop();
    await running.launch();
    world.exchange.resume();
    await until(person.ssin, (all) => all.length === 1);
  }, 60_000);

  it('parks what cannot be read, refuses what its producer did not seal, and stores everything else', async () => {
    const person = citizen();
    const folder = mkdtempSync(join(tmpdir(), 'crossroads-keys-'));
    await generateKeyFile(join(folder, 'keys.json'), [TOPIC]);
    const [strange, broken, good] = [access(person), access(person), access(person)];
    const foreign = raw(refused(strange, 'NOT_INSCRIBED'));
    await send([foreign], mesh.sealing('exchange', join(folder, 'keys.json')));
    await send([{ ...foreign, source: 'urn:crossroads:service:elsewhere' }]);
    await mesh.bus.broker.publish(TOPIC, [foreign]);
    const wrong = [
      { ...raw(refused(broken, 'NOT_INSCRIBED')), data: Buffer.from('no record') },
      { ...raw(refused(broken, 'NOT_INSCRIBED')), key: 'another' },
      raw({ ...refused({ ...broken, journalId: 'no uuid' }, 'NOT_INSCRIBED') }),
      raw(concluded(broken)),
      { ...raw(refused(access(person), '')), type: `${EVENTS}.accesses.notify.forwarded` },
      // Of other journals, and of the person's own looks, which a list can leave out.
      raw(refused({ ...access(person), kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION }, '')),
      raw(refused({ ...access(person), kind: AccessKind.ACCESS_KIND_DELIVERY }, '')),
    ];
    await send([...wrong, raw(refused(good, 'NOT_INSCRIBED'))]);
    const accesses = await until(person.ssin, (all) => all.length > 0);
    expect(accesses.map(({ journalId }) => journalId)).toEqual([good.journalId]);
    const client = new pg.Client({ connectionString: mesh.database.adminUrl });
    await client.connect();
    // Their partitions are those of their keys, and take their turns in any order.
    const parked = await eventually(
      () =>
        client.query<{ reason: string }>('select reason from parked where event_id = any($1) order by reason', [
          wrong.map(({ id }) => id),
        ]),
      ({ rows }) => rows.length === wrong.length,
    );
    expect(parked.rows.map(({ reason }) => reason)).toEqual(['BEHIND_PARKED', ...Array<string>(6).fill('UNREADABLE')]);
    const noted = await eventually(
      () =>
        client.query<{ reason: string }>("select reason from refused where headers ->> 'ce_id' = $1 order by reason", [
          foreign.id,
        ]),
      ({ rows }) => rows.length === 3,
    );
    await client.end();
    expect(noted.rows.map(({ reason }) => reason)).toEqual(['FOREIGN_SOURCE', 'KEY_UNAVAILABLE', 'NOT_SEALED']);
  });

  it('lists the readable events of a bundle, and parks the others', async () => {
    const person = citizen();
    const [one, broken, other] = [access(person), access(person), access(person)];
    const entry = (about: typeof one, changes: { readonly data?: Buffer } = {}) => {
      const { id, type, time, key, data } = { ...raw(refused(about, 'NOT_INSCRIBED')), ...changes };
      const outside = { source: '', service: '', contentType: '', sealingKeyId: '', sequence: '', traceparent: '' };
      const event = { ...outside, id, type, time, key, data: Buffer.from(data) };
      return { position: 0n, hash: Buffer.alloc(32), serial: 0n, event };
    };
    const events = [entry(one), entry(broken, { data: Buffer.from('no record') }), entry(other)];
    const bundle = (data: Uint8Array) => ({
      ...raw(refused(one, '')),
      type: 'crossroads.events.v1.bundles.notify.published',
      key: randomUUID(),
      data,
    });
    const [partly, none] = [bundle(Bundle.encode({ events }).finish()), bundle(Buffer.from('no bundle'))];
    await send([partly, none]);
    const accesses = await until(person.ssin, ({ length }) => length > 0);
    expect(accesses.map(({ journalId }) => journalId).sort()).toEqual([one.journalId, other.journalId].sort());
    const client = new pg.Client({ connectionString: mesh.database.adminUrl });
    await client.connect();
    const parked = await eventually(
      () => client.query('select reason from parked where event_id = any($1)', [[events[1]?.event.id, none.id]]),
      ({ rows }) => rows.length === 2,
    );
    await client.end();
    expect(parked.rows).toEqual([{ reason: 'UNREADABLE' }, { reason: 'UNREADABLE' }]);
  });

  it('loses nothing when the process is killed, and stops cleanly on SIGTERM', async () => {
    const person = citizen();
    const writing = (async () => {
      for (let n = 0; n < 60; n++) await world.exchange.append(refused(access(person), 'NOT_INSCRIBED'));
    })();
    await running.stop('SIGKILL');
    await writing;
    await running.launch();
    const all = async () => (await list(person.ssin, { pageSize: 200 })).accesses;
    await eventually(all, ({ length }) => length >= 60);
    expect(await all()).toHaveLength(60);
    expect(await running.stop()).toBe(0);
    await running.launch();
  }, 90_000);

  it('has nothing personal outside sealed bodies: tables, keys, log lines', async () => {
    const people = [...world.directory.numbers.keys()];
    const secrets = people.flatMap((ssin) => [ssin, Buffer.from(ssin).toString('hex')]);
    const texts = [
      running.output,
      ...(await Promise.all(mesh.serviceDatabases.map(({ adminUrl }) => allRows(adminUrl)))).flat(),
    ];
    expect(texts.length).toBeGreaterThan(100);
    for (const text of texts) expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });
});
