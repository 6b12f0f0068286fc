import type { Document } from '@crossroads/contracts/ebox/v1/message';
import { RemoteError } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../databases.js';
import { missingInAudit } from '../recorded-accesses.js';
import { consentOf, messageTo, PROVIDER, providedDocument } from '../mail.js';
import { type MailLoadResult, startMailLoad } from '../mail-load.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { Portal } from '../portal.js';
import { eventFaults, eventsOf, mailboxFaults, mailboxOf, topicOf, unrecorded } from '../recorded-mail.js';
import { progress, WholeMesh } from '../whole-mesh.js';

const PEOPLE = 12;
/** One person is left out of the load. */
const [ALONE = '', ...SSINS] = generatedSsins(PEOPLE);
const CONTENT = 'a decision of many pages\n'.repeat(20_000);

let mesh: WholeMesh;
let portal: Portal;
let document: Document;

beforeAll(async () => {
  mesh = await WholeMesh.start();
  portal = new Portal(mesh);
  await mesh.load(() => generatedPeople(PEOPLE));
  await consentOf(portal, [ALONE, ...SSINS]);
  document = providedDocument(mesh, CONTENT);
});

afterAll(async () => {
  portal?.close();
  await mesh?.stop();
});

const publish = async (ssin: string): Promise<string> => {
  const message = messageTo(ssin, [document]);
  return (await mesh.as(PROVIDER).publications.publishMessage({ message })).messageId;
};

const refusal = async (asking: Promise<unknown>): Promise<string> => {
  try {
    await asking;
    return 'answered';
  } catch (error) {
    return error instanceof RemoteError ? error.reason || status[error.code] : String(error);
  }
};

describe('mail while processes are killed and suspended', () => {
  let result: MailLoadResult;
  const goesOn = new Map<string, boolean>();

  /** Kills and suspends under load. The tests look at what this left, and change nothing. */
  beforeAll(async () => {
    const load = startMailLoad(mesh, portal, SSINS, { document, content: CONTENT });
    const counts = () => [load.result.accepted.length, load.result.shown.length] as const;
    const wentOn = async (): Promise<boolean> => {
      const [accepted, shown] = counts();
      const more = eventually(counts, ([nowAccepted, nowShown]) => nowAccepted > accepted + 20 && nowShown > shown + 6);
      return more.then(
        () => true,
        () => false,
      );
    };
    goesOn.set('at first', await wentOn());
    for (const victim of [
      ...['ebox', 'reference-directory', 'ebox', 'access-audit', PROVIDER, 'authorization'],
      ...(mesh.kafkaAbsent === undefined ? ['kafka'] : []),
      ...['ebox', 'postgres'],
    ]) {
      await mesh.local.kill(victim);
      goesOn.set(victim, await wentOn());
    }
    await mesh.whileSuspended('ebox', async () => {
      const types = mesh.as(PROVIDER).publications.listMessageTypes({}, { deadlineMs: 2_000 });
      goesOn.set('suspended', (await refusal(types)) !== 'answered');
    });
    goesOn.set('ebox, suspended', await wentOn());
    result = await load.stop();
    progress(
      `${result.accepted.length} messages accepted, ${result.shown.length} times something was shown; readers were refused: ${JSON.stringify([...result.failed])}`,
    );
  }, 600_000);

  const boxes = async () =>
    new Map(await Promise.all(SSINS.map(async (ssin) => [ssin, await mailboxOf(portal, ssin)] as const)));

  it('publishing and reading go on after each fault', () => {
    expect([...goesOn].filter(([, went]) => !went)).toEqual([]);
  });

  it('each accepted message is in its mailbox once, and nothing else is', async () => {
    expect(mailboxFaults(result.accepted, await boxes())).toEqual([]);
  });

  it('each document that a reader got is the one of its provider', () => {
    expect(result.wrong).toEqual([]);
  });

  it('the provider has one event for each message and each first reading, on its topic as in the list', async () => {
    const messages = [...(await boxes()).values()].flat();
    const events = await eventually(
      () => eventsOf(mesh),
      (found) => eventFaults(found, messages).length === 0,
    );
    const onTopic = await topicOf(mesh, events.length);
    expect(onTopic.slice(0, events.length)).toEqual(events);
  });

  it('everything that was shown is in the access list of its owner', async () => {
    await eventually(
      () => unrecorded(portal, result),
      (missing) => missing.length === 0,
    );
  });

  it('each step of the journal of mail is in the access log', async () => {
    await eventually(
      () => missingInAudit(mesh),
      (missing) => missing === 0,
    );
  });

  it('readers get no INTERNAL error while processes are killed', () => {
    const never = ['INTERNAL', 'UNKNOWN', 'DATA_LOSS'].map((name) => `code ${status[name as keyof typeof status]}`);
    expect([...result.failed.keys()].filter((reason) => never.includes(reason))).toEqual([]);
  });

  it('the access log parks no record of mail', async () => {
    expect(await ask(mesh, 'access_audit', 'select reason, count(*) from parked group by 1')).toEqual([]);
  });
});

describe('a document provider that does not answer', () => {
  it('a provider that hangs delays only its own documents', async () => {
    const messageId = await publish(ALONE);
    const mail = await portal.mailOf(ALONE);
    await mesh.whileSuspended(PROVIDER, async () => {
      const order: string[] = [];
      const download = refusal(
        mail
          .download({ messageId, documentId: document.documentId }, '/dev/null')
          .finally(() => order.push('document')),
      );
      expect((await mailboxOf(portal, ALONE)).map((one) => one.messageId)).toContain(messageId);
      expect((await mail.open(messageId))?.messageId).toBe(messageId);
      await publish(ALONE);
      order.push('others');
      expect(await download).toMatch(/^DOCUMENT_|UNAVAILABLE/);
      expect(order).toEqual(['others', 'document']);
    });
  });
});

describe('a broker that is away', () => {
  it('messages are accepted while the broker is away, and their events come later', async () => {
    if (mesh.kafkaAbsent !== undefined) return;
    const before = (await eventsOf(mesh)).length;
    let messageId = '';
    await mesh.whileSuspended('kafka', async () => {
      messageId = await publish(ALONE);
      const listed = await eventually(
        () => eventsOf(mesh),
        (events) => events.length > before,
      );
      expect(listed.at(-1)?.messageId).toBe(messageId);
    });
    const onTopic = await topicOf(mesh, before + 1);
    expect(onTopic.map((event) => event.messageId)).toContain(messageId);
  });
});

describe('a database that is away', () => {
  it('nothing is accepted and nothing shown while the database is away, and no error is unforeseen', async () => {
    const messageId = await publish(ALONE);
    const mail = await portal.mailOf(ALONE);
    const back = mesh.local.kill('postgres');
    const said = await Promise.all([refusal(publish(ALONE)), refusal(mail.open(messageId))]);
    expect(said.filter((one) => ['INTERNAL', 'UNKNOWN'].includes(one))).toEqual([]);
    await back;
    expect(
      await eventually(
        () => refusal(mail.open(messageId)),
        (one) => one === 'answered',
      ),
    ).toBe('answered');
  });
});
