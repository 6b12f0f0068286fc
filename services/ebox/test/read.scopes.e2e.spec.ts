import { randomUUID } from 'node:crypto';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { Database } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { enterpriseIdOf } from '@crossroads/identifiers';
import { refusalOf } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { listing, type MessageClient, putMail } from './mail.js';
import { asAdmin, openMailboxes } from './publishing.js';
import { BAKERY, BREWERY, type Person, PORTAL, World } from './world.js';

const DOCUMENT = 'decision';

/** Somebody who asks, and whose mailbox they name. */
interface Asker {
  readonly who: Person;
  readonly mailbox?: MailboxReference;
  readonly roles?: unknown;
}

describe('mail', () => {
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;
  let portal: MessageClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    running = await mesh.startInProcess(service, AppModule);
    portal = world.client(MessageServiceService, running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const byId = (mailboxId: string): MailboxReference => ({ by: { $case: 'mailboxId', value: mailboxId } });
  const ofEnterprise = (number: string): MailboxReference => ({ by: { $case: 'enterpriseNumber', value: number } });

  /** Somebody with an open mailbox and a message in it. */
  const owner = async () => {
    const who = world.person();
    await openMailboxes(world, [who.personId]);
    const [row] = await asAdmin<{ readonly mailbox_id: string }>(
      world,
      'select mailbox_id from mailboxes where owner_id = $1',
      [who.personId],
    );
    return { who, mailbox: byId(row?.mailbox_id ?? ''), messageId: await putMail(running, who.personId) };
  };
  const delegate = async (of: Person, to: Person, endsBefore?: string) => {
    const [row] = await asAdmin<{ readonly id: string }>(
      world,
      `insert into delegations (delegation_id, owner_id, delegate_id, label, starts_on, ends_before, added_at)
       values (gen_random_uuid(), $1, $2, '', '2026-01-01', $3, now()) returning delegation_id as id`,
      [of.personId, to.personId, endsBefore],
    );
    return row?.id ?? '';
  };
  const end = (delegationId: string) =>
    asAdmin(world, 'update delegations set removed_at = now() where delegation_id = $1', [delegationId]);

  /** Every rpc, about one message. */
  const calls = async ({ who, mailbox, roles }: Asker, messageId: string) => {
    const signedIn = await world.signedIn(who, roles);
    const requestId = newRequestId();
    return [
      () => portal.getMessage({ mailbox, messageId }, signedIn),
      () => portal.markMessage({ requestId, mailbox, messageId, read: true }, signedIn),
      () => portal.hideMessage({ requestId, mailbox, messageId, hidden: true }, signedIn),
      async () => {
        for await (const _ of portal.downloadDocument({ mailbox, messageId, documentId: DOCUMENT }, signedIn));
      },
    ];
  };
  const refusals = async (asker: Asker, messageId: string) => {
    const answers = [];
    for (const call of await calls(asker, messageId)) {
      const { code, reason, message, metadata, violations } = await refusalOf(call());
      answers.push({ code, reason, message, metadata, violations });
    }
    return answers;
  };

  it('of somebody else gets the same answer as mail that does not exist, whoever asks and however', async () => {
    const { who, mailbox, messageId } = await owner();
    const [stranger, former, late] = [await owner(), world.person(), world.person()];
    await end(await delegate(who, former));
    await delegate(who, late, '2026-02-01');
    const roles = { [BAKERY]: ['EBOX_READER'], [BREWERY]: ['SOMETHING_ELSE'] };
    const askers: Asker[] = [
      { who: stranger.who },
      { who: stranger.who, mailbox },
      { who: stranger.who, mailbox: stranger.mailbox },
      { who: former },
      { who: former, mailbox },
      { who: late, mailbox },
      { who: late, roles, mailbox: ofEnterprise(BAKERY) },
      { who: late, roles, mailbox },
    ];
    for (const asker of askers) {
      const answers = await refusals(asker, messageId);
      expect(answers).toEqual(await refusals(asker, randomUUID()));
      for (const answer of answers)
        expect(answer).toMatchObject({ code: status.NOT_FOUND, reason: 'RESOURCE_NOT_FOUND' });
    }
    const lists = await Promise.all(
      [mailbox, byId(randomUUID()), ofEnterprise(BREWERY), ofEnterprise(BAKERY)].map(async (one) => {
        const { code, reason, message } = await refusalOf(
          portal.listMessages(listing({ mailbox: one }), await world.signedIn(stranger.who)),
        );
        return { code, reason, message };
      }),
    );
    expect(new Set(lists.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(lists[0]).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });

    const db = running.application.get(Database, { strict: false });
    expect(await db.query('select read_at, hidden from messages where message_id = $1', [messageId])).toEqual([
      { read_at: null, hidden: false },
    ]);
    expect(
      await db.query(`select from es.events where stream_type = 'journal' and data->>'ownerId' = $1`, [who.personId]),
    ).toEqual([]);
  });

  it('of somebody else is not told by a repeated request of its owner', async () => {
    const { who, messageId } = await owner();
    const request = { requestId: newRequestId(), mailbox: undefined, messageId, read: true };
    await portal.markMessage(request, await world.signedIn(who));
    expect(await refusalOf(portal.markMessage(request, await world.signedIn(world.person())))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
  });

  it('is read by a delegate as by its owner, for as long as that is in force', async () => {
    const { who, mailbox, messageId } = await owner();
    const helper = world.person();
    const delegationId = await delegate(who, helper);
    const signedIn = await world.signedIn(helper);
    const { messages } = await portal.listMessages(listing({ mailbox }), signedIn);
    expect(messages.map((one) => one.messageId)).toEqual([messageId]);
    expect((await portal.getMessage({ mailbox, messageId }, signedIn)).message).toMatchObject({ messageId });
    await end(delegationId);
    expect(await refusalOf(portal.listMessages(listing({ mailbox }), signedIn))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
    expect(await refusalOf(portal.getMessage({ mailbox, messageId }, signedIn))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
  });

  it('of an enterprise is for those with a role in it', async () => {
    const who = world.person();
    const messageId = await putMail(running, enterpriseIdOf(BAKERY));
    const mailbox = ofEnterprise(BAKERY);
    const reader = await world.signedIn(who, { [BAKERY]: ['EBOX_READER'] });
    expect((await portal.listMessages(listing({ mailbox }), reader)).messages).toMatchObject([{ messageId }]);
    expect((await portal.getMessage({ mailbox, messageId }, reader)).message).toMatchObject({ messageId });
    // In the own mailbox it is not.
    expect(await refusalOf(portal.getMessage({ mailbox: undefined, messageId }, reader))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
    for (const roles of [undefined, { [BREWERY]: ['EBOX_READER'] }, { [BAKERY]: ['ACCOUNTANT'] }])
      expect(
        await refusalOf(portal.getMessage({ mailbox, messageId }, await world.signedIn(who, roles))),
      ).toMatchObject({
        reason: 'RESOURCE_NOT_FOUND',
      });
  });

  it('is for registered front ends, and for people who are signed in', async () => {
    const { who, messageId } = await owner();
    const unregistered = world.client(MessageServiceService, running, await mesh.applicationCertificate(BREWERY));
    const request = { mailbox: undefined, messageId };
    expect(await refusalOf(unregistered.getMessage(request, await world.signedIn(who)))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'KEY_NOT_REGISTERED',
    });
    expect(await refusalOf(portal.getMessage(request))).toMatchObject({
      code: status.UNAUTHENTICATED,
      reason: 'TOKEN_MISSING',
    });
    const exchange = world.client(MessageServiceService, running, await mesh.serviceCertificate('exchange'));
    expect(await refusalOf(exchange.getMessage(request, await world.signedIn(who)))).toMatchObject({
      reason: 'CALLER_NOT_ALLOWED',
    });
  });
});
