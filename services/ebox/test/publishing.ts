import { randomUUID } from 'node:crypto';
import type { DocumentProvider, Institution } from '@crossroads/contracts/authorization/v1/policy';
import { DocumentProvider as DocumentProviderMessage } from '@crossroads/contracts/authorization/v1/policy';
import { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import { type Connection, newRequestId, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import pg from 'pg';
import type { Person, World } from './world.js';

export type PublicationClient = Connection<typeof PublicationServiceService>;

/** A registered document provider, and the certificate of its application. */
export interface Provider {
  readonly enterpriseNumber: string;
  readonly tls: TlsFiles;
}

let members = 0;

/** Registers an institution, and, unless told otherwise, as a document provider. */
export const provider = async (
  { mesh }: World,
  {
    registered = true,
    institution = {},
    ...more
  }: Partial<DocumentProvider> & { registered?: boolean; institution?: Partial<Institution> } = {},
): Promise<Provider> => {
  const enterpriseNumber = withCbeCheck(`03${String(++members).padStart(6, '0')}`);
  const tls = await mesh.register(enterpriseNumber, institution);
  if (registered)
    mesh.policy.put({
      $case: 'documentProvider',
      value: DocumentProviderMessage.fromPartial({ enterpriseNumber, ...more }),
    });
  return { enterpriseNumber, tls };
};

export const publications = (
  { mesh }: World,
  { port }: { readonly port: number },
  { tls }: Provider,
): PublicationClient => mesh.connect(PublicationServiceService, port, tls);

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
