import { createHash, randomUUID } from 'node:crypto';
import { DocumentProvider, type Institution } from '@crossroads/contracts/authorization/v1/policy';
import { Language } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { type Document, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import { type Connection, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import type { TestMesh } from '@crossroads/testing/mesh';
import { ALL_RIGHTS_BUT_PORTAL } from '@crossroads/testing/mesh';
import pg from 'pg';
import type { Person, World } from './world.js';

export type PublicationClient = Connection<typeof PublicationServiceService>;

interface Running {
  readonly port: number;
}

/** A registered document provider, and the certificate of its application. */
export interface Provider {
  readonly enterpriseNumber: string;
  readonly tls: TlsFiles;
}

let members = 0;

/** Registers an institution, and, unless told otherwise, as a document provider. */
export const provider = async (
  world: World,
  {
    registered = true,
    institution = {},
    ...more
  }: Partial<DocumentProvider> & { registered?: boolean; institution?: Partial<Institution> } = {},
): Promise<Provider> => {
  const enterpriseNumber = withCbeCheck(`03${String(++members).padStart(6, '0')}`);
  const registeredProvider = {
    enterpriseNumber,
    tls: await world.mesh.register(enterpriseNumber, institution, ALL_RIGHTS_BUT_PORTAL),
  };
  if (registered) asProvider(world, registeredProvider, more);
  return registeredProvider;
};

/** Registers an institution as a document provider, or changes how it is. */
export const asProvider = (
  { mesh }: World,
  { enterpriseNumber }: Provider,
  more: Partial<DocumentProvider> = {},
): void => {
  mesh.policy.put({
    $case: 'documentProvider',
    value: { ...DocumentProvider.fromPartial({ enterpriseNumber }), ...more },
  });
};

export const publications = ({ mesh }: World, { port }: Running, { tls }: Provider): PublicationClient =>
  mesh.connect(PublicationServiceService, port, tls);

/** A message with all that it needs, to a person or an enterprise. */
export const newMessage = (
  sender: Provider,
  recipient: Pick<Person, 'ssin'> | string,
  more: Partial<NewMessage> = {},
): NewMessage => ({
  ...NewMessage.fromPartial({
    requestId: newRequestId(),
    sender: sender.enterpriseNumber,
    recipient: {
      by:
        typeof recipient === 'string'
          ? { $case: 'enterpriseNumber', value: recipient }
          : { $case: 'ssin', value: recipient.ssin },
    },
    originalMessageId: randomUUID(),
    subject: { nl: 'Uw kinderbijslag', fr: 'Vos allocations familiales' },
    messageType: 'CHILD_BENEFIT_DECISION',
    documents: [
      {
        documentId: 'd1',
        name: 'beslissing.pdf',
        mediaType: 'application/pdf',
        size: 12_345n,
        sha256: Buffer.alloc(32, 7),
      },
    ],
  }),
  ...more,
});

/** On the database of the service, as a superuser. */
export const asAdmin = async <Row extends object>(
  { mesh }: World,
  sql: string,
  params: unknown[] = [],
): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: mesh.database.adminUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql, params)).rows;
  } finally {
    await client.end();
  }
};

/** Mailboxes that have consent. */
export const openMailboxes = async (
  world: World,
  ownerIds: readonly string[],
  exclusivelyEbox = false,
): Promise<void> => {
  await asAdmin(
    world,
    `insert into mailboxes (owner_id, mailbox_id, opened_at, consented, language, exclusively_ebox)
     select id, gen_random_uuid(), now(), true, 'nl', $2 from unnest($1::uuid[]) id`,
    [ownerIds, exclusivelyEbox],
  );
};

/** What came of each message of a stream, in order: its id, or the reason of its refusal. */
export const outcomesOf = async (
  client: PublicationClient,
  messages: Iterable<NewMessage> | AsyncIterable<NewMessage>,
): Promise<string[]> => {
  const outcomes: string[] = [];
  for await (const { number, outcome } of client.publishMessages(requestsOf(messages))) {
    if (number !== BigInt(outcomes.length + 1)) throw new Error('an outcome is missing');
    outcomes.push(outcome?.$case === 'published' ? outcome.value.messageId : (outcome?.value.reason ?? ''));
  }
  return outcomes;
};

export async function* requestsOf(
  messages: Iterable<NewMessage> | AsyncIterable<NewMessage>,
): AsyncGenerator<{ readonly message: NewMessage }> {
  for await (const message of messages) yield { message };
}

/** All that the database has of a message, as text. */
export const storedText = async (world: World, messageId: string): Promise<string> => {
  const rows = await asAdmin<{ readonly text: string }>(
    world,
    `select e::text as text from es.events e where stream_id = $1
     union all select m::text from messages m where message_id = $1::uuid`,
    [messageId],
  );
  return rows.map(({ text }) => text).join('\n');
};

const bytes = (value: Buffer) => value;

/** A client that sends any bytes as a message, as a stranger does. */
export const withAnyBytes = (mesh: TestMesh, { port }: Running, tls: TlsFiles) => {
  const { publishMessage, publishMessages } = PublicationServiceService;
  const definition = {
    publishMessage: { ...publishMessage, requestSerialize: bytes, requestDeserialize: bytes },
    publishMessages: { ...publishMessages, requestSerialize: bytes, requestDeserialize: bytes },
  } as const;
  return mesh.connect(definition, port, tls);
};

/** By the recipient, as people do it. */
export const giveConsent = async (world: World, running: Running, person: Person): Promise<void> => {
  const request = { requestId: newRequestId(), mailbox: undefined, channel: 'MY_EBOX', language: Language.LANGUAGE_NL };
  await world.mailboxes(running).giveConsent(request, await world.signedIn(person));
};

export const withdrawConsent = async (world: World, running: Running, person: Person): Promise<void> => {
  const request = { requestId: newRequestId(), mailbox: undefined, channel: 'MY_EBOX' };
  await world.mailboxes(running).withdrawConsent(request, await world.signedIn(person));
};

/** A document whose content the eBox keeps, as a message names it. */
export const uploaded = async (client: PublicationClient, content: Buffer): Promise<Document> => {
  const about = {
    mediaType: 'application/pdf',
    size: BigInt(content.length),
    sha256: createHash('sha256').update(content).digest(),
  };
  async function* parts() {
    yield { part: { $case: 'header', value: { sender: '', ...about } } } as const;
    yield { part: { $case: 'chunk', value: content } } as const;
  }
  const { documentId } = await client.uploadDocument(parts());
  return { documentId, name: 'attest.pdf', ...about, uploaded: true, temporarilyUnavailable: false };
};
