import { Language } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { newRequestId } from '@crossroads/grpc';
import { refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listing } from './mail.js';
import { newMessage, provider, type Provider, type PublicationClient, publications } from './publishing.js';
import { type MailboxClient, type Person, PORTAL, World } from './world.js';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

describe('the mail of two persons who became one', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let mailboxes: MailboxClient;
  let fund: Provider;
  let publishing: PublicationClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    fund = await provider(world);
    running = await mesh.startProcess();
    mailboxes = world.mailboxes(running);
    publishing = publications(world, running, fund);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  /** Two persons who consented, each with a message. */
  const two = async () => {
    const [gone, into] = [world.person(), world.person()];
    for (const person of [gone, into]) await consent(person);
    return { gone, into, ofGone: await send(gone), ofInto: await send(into) };
  };
  const consent = async (who: Person) => {
    const given = { mailbox: undefined, channel: 'MY_EBOX', language: Language.LANGUAGE_NL };
    await mailboxes.giveConsent({ requestId: newRequestId(), ...given }, await world.signedIn(who));
  };
  const send = async (to: Person): Promise<string> =>
    (await publishing.publishMessage({ message: newMessage(fund, to) })).messageId;
  const read = async (who: Person, mailboxId?: string): Promise<string[]> => {
    const mailbox = mailboxId === undefined ? undefined : { by: { $case: 'mailboxId', value: mailboxId } as const };
    const client = world.client(MessageServiceService, running, PORTAL);
    const { messages } = await client.listMessages(listing({ mailbox }), await world.signedIn(who));
    return messages.map(({ messageId }) => messageId).sort();
  };
  const listed = async (who: Person) => (await mailboxes.listMailboxes({}, await world.signedIn(who))).mailboxes;
  const addDelegate = async (owner: Person, to: Person) =>
    mailboxes.addDelegate(
      {
        requestId: newRequestId(),
        mailbox: undefined,
        ssin: to.ssin,
        label: 'my neighbour',
        period: { startDate: undefined, endDate: undefined },
      },
      await world.signedIn(owner),
    );

  const apart: readonly (readonly [string, { readonly mergeTime: Date; readonly contested?: boolean }])[] = [
    ['on day 29', { mergeTime: daysAgo(29) }],
    ['when the merge is contested, however old it is', { mergeTime: daysAgo(10_000), contested: true }],
  ];

  it.each(apart)('is apart %s, and mail to a number goes to the person who had it', async (_when, merge) => {
    const { gone, into, ofGone, ofInto } = await two();
    world.merge(gone, into, merge);
    expect(await read(gone)).toEqual([ofGone]);
    expect(await read(into)).toEqual([ofInto]);
    const [toGone, toInto] = [await send(gone), await send(into)];
    expect(await read(gone)).toEqual([ofGone, toGone].sort());
    expect(await read(into)).toEqual([ofInto, toInto].sort());
  });

  it.each(apart)('is apart for delegates %s, of either person', async (_when, merge) => {
    const { gone, into, ofGone, ofInto } = await two();
    const [chosenBefore, chosenAfter] = [world.person(), world.person()];
    await addDelegate(gone, chosenBefore);
    await addDelegate(into, chosenAfter);
    world.merge(gone, into, merge);
    for (const [delegate, message] of [
      [chosenBefore, ofGone],
      [chosenAfter, ofInto],
    ] as const) {
      const delegated = (await listed(delegate)).slice(1);
      expect(delegated).toMatchObject([{ unreadMessages: 1 }]);
      expect(await read(delegate, delegated[0]?.mailboxId)).toEqual([message]);
    }
  });

  it.each(apart)('is not read %s by whoever becomes one with a delegate', async (_when, merge) => {
    const [owner, { gone, into }] = [world.person(), await two()];
    await consent(owner);
    await addDelegate(owner, gone);
    world.merge(gone, into, merge);
    expect(await listed(gone)).toHaveLength(2);
    expect(await listed(into)).toHaveLength(1);
    // A replaced number is still that of the person who had it.
    const second = world.person();
    await consent(second);
    await addDelegate(second, gone);
    expect(await listed(gone)).toHaveLength(3);
    expect(await listed(into)).toHaveLength(1);
  });

  it.each(apart)('has consents of each person %s', async (_when, merge) => {
    const [gone, into] = [world.person(), world.person()];
    await consent(gone);
    world.merge(gone, into, merge);
    expect(await refusalOf(send(into))).toMatchObject({ reason: 'NO_CONSENT' });
    await consent(into);
    expect(await send(into)).toEqual(expect.any(String));
    const withdrawal = { requestId: newRequestId(), mailbox: undefined, channel: 'MY_EBOX' };
    await mailboxes.withdrawConsent(withdrawal, await world.signedIn(into));
    expect(await refusalOf(send(into))).toMatchObject({ reason: 'NO_CONSENT' });
    expect(await send(gone)).toEqual(expect.any(String));
  });

  it('is one on day 31, for the person, delegates of either and senders', async () => {
    const { gone, into, ofGone, ofInto } = await two();
    const delegate = world.person();
    await addDelegate(gone, delegate);
    world.merge(gone, into, { mergeTime: daysAgo(31) });
    const both = [ofGone, ofInto].sort();
    expect(await read(gone)).toEqual(both);
    expect(await read(into)).toEqual(both);
    expect((await listed(delegate)).slice(1)).toMatchObject([{ unreadMessages: 2 }]);
    expect(await refusalOf(send(gone))).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'REPLACED_SSIN' });
    const more = await send(into);
    expect(await read(gone)).toEqual([...both, more].sort());
  });
});
