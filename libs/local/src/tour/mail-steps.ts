import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Citizen, followProviderEvents, type Mail, readProviderEvents } from '@crossroads/client';
import { AccessKind, MailReader } from '@crossroads/contracts/access/v1/access_record';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { type ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import { Language } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { type Message, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { ReadFilter } from '@crossroads/contracts/ebox/v1/message_service';
import { newRequestId } from '@crossroads/grpc';
import { openBroker } from '@crossroads/messaging';
import { accessAudit, ebox } from '@crossroads/topology';
import { numberOf } from '../demo/institutions.js';
import { letter } from '../demo/letter.js';
import { documentFolder } from '../demo/start-demo.js';
import { until, verify } from './checks.js';
import { type Participants, refusalOf } from './participants.js';
import type { Tour } from './tour.js';

const SENDER = 'pension-office';
const CHANNEL = 'MY_EBOX';
const WORD = 'pensioenraming';

/** What was published, and the content of its document. */
interface Sent {
  readonly message: NewMessage;
  readonly messageId: string;
  readonly content: Buffer;
}

/** Consent, a message whose document stays with its provider, reading it, and who learns of that. */
export const exchangeMail = async (tour: Tour, { subject }: Participants): Promise<void> => {
  const { network, output } = tour;
  output.step('The eBox: an institution writes to a citizen, who reads it');
  const citizen = new Citizen(network.connection('citizen-portal'));
  try {
    const mail = citizen.mail(await network.signIn(subject.ssin, ebox.name));
    const draft = await writeLetter(tour, subject.ssin);
    await consent(tour, mail, draft.message, subject.ssin);
    const sent = await publish(tour, draft);
    await readMail(tour, mail, sent, subject.ssin);
    await showEvents(tour, sent);
    await showOpenings(tour, sent, subject.ssin, async () =>
      listOf(citizen.accesses(await network.signIn(subject.ssin, accessAudit.name))),
    );
  } finally {
    citizen.close();
  }
};

/** A letter of the pension office in its own store, and the message about it. */
const writeLetter = async (tour: Tour, ssin: string): Promise<Omit<Sent, 'messageId'>> => {
  const documentId = `estimate-${randomUUID()}.pdf`;
  const content = letter(['Pension Office', '', 'Estimate of your pension', `Document ${documentId}`]);
  await writeFile(join(documentFolder(tour.mesh), documentId), content, { mode: 0o600 });
  const message = NewMessage.fromPartial({
    requestId: newRequestId(),
    sender: numberOf(SENDER),
    recipient: { by: { $case: 'ssin', value: ssin } },
    originalMessageId: `estimate-${randomUUID()}`,
    subject: { nl: `Uw ${WORD}`, fr: 'Estimation de votre pension', de: 'Ihre Rentenschätzung' },
    messageType: 'PENSION_DECISION',
    documents: [
      {
        documentId,
        name: 'estimate.pdf',
        mediaType: 'application/pdf',
        size: BigInt(content.length),
        sha256: createHash('sha256').update(content).digest(),
      },
    ],
  });
  return { message, content };
};

/** Without a consent the sender is told to use paper; the citizen then gives one. */
const consent = async ({ network, output }: Tour, mail: Mail, message: NewMessage, ssin: string): Promise<void> => {
  const own = async () => (await mail.mailboxes()).find(({ reader }) => reader === MailReader.MAIL_READER_OWNER);
  // Of an earlier tour, or of somebody who tried it.
  if ((await own())?.consented)
    for (const channel of await consentedChannels(mail)) await mail.withdrawConsent(channel);
  const refusal = await refusalOf(network.as(SENDER).publications.publishMessage({ message }));
  verify(
    refusal.reason === 'NO_CONSENT',
    `without a consent the message is refused as NO_CONSENT, not ${refusal.reason}`,
  );
  output.verified('before the citizen consents, the pension office is refused: NO_CONSENT, so it uses paper');
  await mail.giveConsent(CHANNEL, { language: Language.LANGUAGE_NL });
  verify((await own())?.consented === true, 'the citizen’s own mailbox has a consent');
  output.verified('the citizen consents: their mailbox is open');
  output.command(`ebox consent --ssin ${ssin}`);
};

const consentedChannels = async (mail: Mail): Promise<string[]> => {
  const latest = new Map<string, boolean>();
  for await (const { channel, given } of mail.consents()) if (!latest.has(channel)) latest.set(channel, given);
  return [...latest].flatMap(([channel, given]) => (given ? [channel] : []));
};

/** A message that was refused may be sent again, under another request id. */
const publish = async (
  { network, output }: Tour,
  { message: draft, content }: Omit<Sent, 'messageId'>,
): Promise<Sent> => {
  const message = { ...draft, requestId: newRequestId() };
  const { publications } = network.as(SENDER);
  const { messageId } = await publications.publishMessage({ message });
  const again = await publications.publishMessage({ message });
  verify(messageId !== '' && again.messageId === messageId, 'the same request again publishes nothing more');
  output.verified('the pension office publishes a message; the document stays on its own server');
  output.command(
    `ebox publish letter.pdf --as ${SENDER} --ssin <number> --type ${message.messageType} --original-id <id> --nl Brief`,
  );
  return { message, messageId, content };
};

const readMail = async (
  { output }: Tour,
  mail: Mail,
  { message: { documents, originalMessageId }, messageId, content }: Sent,
  ssin: string,
): Promise<void> => {
  const find = async (read: ReadFilter): Promise<Message | undefined> => {
    for await (const one of mail.messages({ read, words: WORD })) if (one.messageId === messageId) return one;
    return undefined;
  };
  const listed = await find(ReadFilter.READ_FILTER_UNREAD);
  verify(
    listed?.originalMessageId === originalMessageId,
    'the message is among the unread ones, by a word of its subject',
  );
  output.verified(`the citizen finds it: “${listed.subject?.nl}”, of ${listed.senderName}, unread`);
  const opened = await mail.open(messageId);
  verify(opened?.readTime !== undefined, 'an opened message is read');
  verify((await find(ReadFilter.READ_FILTER_UNREAD)) === undefined, 'it is not among the unread ones any more');
  const [document] = opened.documents;
  verify(document !== undefined && document.documentId === documents[0]?.documentId, 'the message names its document');
  const folder = await mkdtemp(join(tmpdir(), 'crossroads-tour-'));
  try {
    const path = join(folder, 'estimate.pdf');
    const { ticket } = await mail.download({ messageId, documentId: document.documentId }, path);
    verify(content.equals(await readFile(path)), 'the document is the one that the pension office has');
    output.verified(
      `the citizen opens it and downloads ${document.name}: ${content.length} bytes, length and digest as published (ticket ${ticket})`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  output.command(`ebox list --ssin ${ssin}`);
  output.command(`ebox download ${messageId} ${document.documentId} --ssin ${ssin}`);
};

const { PROVIDER_EVENT_KIND_NEW_DOCUMENT: NEW, PROVIDER_EVENT_KIND_READ_DOCUMENT: READ } = ProviderEventKind;

/** The sender learns that the message was read: by number, and on its own topic. */
const showEvents = async ({ mesh, network, output }: Tour, { messageId, message }: Sent): Promise<void> => {
  const { publications } = network.as(SENDER);
  const ofMessage = (events: readonly ProviderEvent[]) => events.filter((event) => event.messageId === messageId);
  const isComplete = (events: readonly ProviderEvent[]) =>
    ofMessage(events)
      .map(({ kind }) => kind)
      .join() === [NEW, READ].join();
  const all = await until('both events of the message', async () => {
    const events = await listOf(readProviderEvents(publications));
    return isComplete(events) ? events : undefined;
  });
  const [published, read] = ofMessage(all);
  output.verified(
    `the pension office reads its events by number: newDocument (${published?.eventSequenceNbr}), readDocument (${read?.eventSequenceNbr})`,
  );
  const { states } = await publications.listMessageStates({
    sender: message.sender,
    originalMessageIds: [message.originalMessageId],
  });
  verify(states[0]?.readTime !== undefined, 'the state of the message says that it was read');

  const { broker: kind } = mesh.mesh();
  const provider = numberOf(SENDER);
  const broker = await openBroker({
    clientId: `${provider}-tour`,
    tls: network.connection(SENDER).tls,
    ...(kind.kind === 'kafka' ? { kafkaBrokers: kind.institutionBrokers.join(',') } : { embeddedLogUrl: kind.url }),
  });
  const received: ProviderEvent[] = [];
  try {
    // The topic is made with the first event; until then the provider may not read it.
    const reading = await until('the topic of the pension office', () =>
      followProviderEvents({
        broker,
        publications,
        provider,
        group: `${provider}.tour-${Date.now()}`,
        lastSequence: () => received.at(-1)?.eventSequenceNbr ?? 0n,
        onEvent: (event) => void received.push(event),
      }),
    );
    try {
      await until('both events on the topic of the pension office', () => isComplete(received) || undefined);
      output.verified('the same events are on its own topic, each once');
    } finally {
      await reading.close();
    }
  } finally {
    await broker.close();
  }
  output.command(`ebox events --as ${SENDER} --after ${(published?.eventSequenceNbr ?? 1n) - 1n}`);
};

/** Both openings are in the citizen's list of accesses. */
const showOpenings = async (
  { output }: Tour,
  { messageId, message }: Sent,
  ssin: string,
  accesses: () => Promise<readonly Access[]>,
): Promise<void> => {
  const openings = await until('both openings in the citizen’s list', async () => {
    const all = (await accesses()).filter(
      ({ kind, mail, concluded }) =>
        kind === AccessKind.ACCESS_KIND_MAIL_OPENING && mail?.messageId === messageId && concluded,
    );
    const documents = all.map(({ mail }) => mail?.documentId ?? '');
    return documents.includes('') && documents.includes(message.documents[0]?.documentId ?? '') ? all : undefined;
  });
  verify(
    openings.every(({ mail }) => mail?.reader === MailReader.MAIL_READER_OWNER),
    'the list says that the owner opened it',
  );
  output.verified(
    `the citizen’s list of accesses has each opening of the message and of its document (${openings.length}), by the owner`,
  );
  output.command(`accesses --ssin ${ssin}`);
};

const listOf = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};
