import { readProviderEvents } from '@crossroads/client';
import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import type { Message } from '@crossroads/contracts/ebox/v1/message';
import { numberOf } from '@crossroads/local';
import { openBroker } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { EBOX_EVENTS, topicOfInstitution } from '@crossroads/topology';
import { PROVIDER } from './mail.js';
import type { AcceptedMessage, MailLoadResult, ShownMail } from './mail-load.js';
import type { Portal } from './portal.js';
import type { WholeMesh } from './whole-mesh.js';

/** All messages of the provider in a person's mailbox, hidden ones excepted. */
export const mailboxOf = async (portal: Portal, ssin: string): Promise<Message[]> => {
  const found: Message[] = [];
  const filter = { sender: numberOf(PROVIDER), pageSize: 100 };
  for await (const message of (await portal.mailOf(ssin)).messages(filter)) found.push(message);
  return found;
};

export const eventsOf = async (mesh: WholeMesh): Promise<ProviderEvent[]> => {
  const events: ProviderEvent[] = [];
  for await (const event of readProviderEvents(mesh.as(PROVIDER).publications)) events.push(event);
  return events;
};

/** How what went in differs from what is in mailboxes. */
export const mailboxFaults = (
  accepted: readonly AcceptedMessage[],
  boxes: ReadonlyMap<string, Message[]>,
): string[] => {
  const faults: string[] = [];
  const inBoxes = [...boxes].flatMap(([ssin, messages]) => messages.map((message) => ({ ssin, message })));
  const found = Map.groupBy(inBoxes, ({ message }) => message.originalMessageId);
  for (const { ssin, messageId, originalMessageId } of accepted) {
    const there = found.get(originalMessageId) ?? [];
    found.delete(originalMessageId);
    if (there.length !== 1) faults.push(`${originalMessageId} is ${there.length} times in mailboxes`);
    else if (there[0]?.ssin !== ssin) faults.push(`${originalMessageId} is in the mailbox of somebody else`);
    else if (there[0].message.messageId !== messageId)
      faults.push(`${originalMessageId} has another id than was answered`);
  }
  for (const originalMessageId of found.keys()) faults.push(`${originalMessageId} was never accepted`);
  return faults;
};

/** How the provider's events differ from what is in mailboxes: one `newDocument` for each message, one `readDocument` for each read one. */
export const eventFaults = (events: readonly ProviderEvent[], messages: readonly Message[]): string[] => {
  const countOf = (kind: ProviderEventKind) =>
    Map.groupBy(
      events.filter((event) => event.kind === kind),
      ({ messageId }) => messageId,
    );
  const [published, read] = [
    countOf(ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT),
    countOf(ProviderEventKind.PROVIDER_EVENT_KIND_READ_DOCUMENT),
  ];
  const known = new Set(messages.map(({ messageId }) => messageId));
  return [
    ...messages.flatMap(({ messageId, readTime }) => [
      ...(published.get(messageId)?.length === 1
        ? []
        : [`${messageId} has ${published.get(messageId)?.length ?? 0} newDocument`]),
      ...((read.get(messageId)?.length ?? 0) === (readTime ? 1 : 0)
        ? []
        : [`${messageId} has ${read.get(messageId)?.length ?? 0} readDocument, and was ${readTime ? '' : 'not '}read`]),
    ]),
    ...events.flatMap(({ messageId, kind }) => (known.has(messageId) ? [] : [`event ${kind} of unknown ${messageId}`])),
  ];
};

/** What was shown to somebody without an access in the owner's list. A reader whose answer was lost has one more. */
export const unrecorded = async (portal: Portal, { shown }: Pick<MailLoadResult, 'shown'>): Promise<string[]> => {
  const missing: string[] = [];
  for (const [ssin, ofPerson] of Map.groupBy(shown, (one) => one.ssin)) {
    const accesses = await portal.accessesOf(ssin);
    const answered = accesses.filter(({ result }) => result === AccessResult.ACCESS_RESULT_ANSWERED);
    const recorded = Map.groupBy(answered, ({ mail }) => nameOf(mail?.messageId, mail?.documentId));
    for (const [name, times] of Map.groupBy(ofPerson, nameOfShown))
      if ((recorded.get(name)?.length ?? 0) < times.length)
        missing.push(`${name}: shown ${times.length} times, recorded ${recorded.get(name)?.length ?? 0} times`);
  }
  return missing;
};

const nameOf = (messageId = '', documentId = ''): string => `${messageId} ${documentId}`;

const nameOfShown = ({ messageId, documentId }: ShownMail): string => nameOf(messageId, documentId);

/** Waits for as many events on the provider's topic. Each number once, in their order; two contents under one number are an error. */
export const topicOf = async (mesh: WholeMesh, count: number): Promise<ProviderEvent[]> => {
  const { broker: kind } = mesh.local.mesh();
  const number = numberOf(PROVIDER);
  const broker = await openBroker({
    clientId: `${number}-test`,
    tls: mesh.network.connection(PROVIDER).tls,
    ...(kind.kind === 'kafka' ? { kafkaBrokers: kind.institutionBrokers.join(',') } : { embeddedLogUrl: kind.url }),
  });
  const seen = new Map<bigint, string>();
  const events: ProviderEvent[] = [];
  const consumption = await broker.consume({
    topic: topicOfInstitution(EBOX_EVENTS, number),
    group: `${number}.test-${Date.now()}`,
    onBatch: async (batch) => {
      for (const { data } of batch) {
        const event = ProviderEvent.decode(data);
        const bytes = Buffer.from(data).toString('hex');
        const before = seen.get(event.eventSequenceNbr);
        if (before !== undefined && before !== bytes)
          throw new Error(`${event.eventSequenceNbr} came with two contents`);
        if (before === undefined) events.push(event);
        seen.set(event.eventSequenceNbr, bytes);
      }
    },
  });
  try {
    await eventually(
      () => events.length,
      (length) => length >= count,
    );
    return events;
  } finally {
    await consumption.close();
    await broker.close();
  }
};
