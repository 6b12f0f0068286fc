import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { createInterface } from 'node:readline';
import { type Document, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { newRequestId } from '@crossroads/grpc';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { digestOf } from '../document-file.js';
import type { Institution } from '../institution.js';
import { followProviderEvents, readProviderEvents } from '../provider-events.js';
import { publishMany, uploadDocument } from '../publishing.js';
import { dateOf, enterpriseNumberOf } from './arguments.js';
import { asInstitution, asOption } from './as-institution.js';
import { readMeshFile, tlsOf, UsageError } from './mesh-file.js';
import { eventLine, outcomeLine } from './print-mail.js';
import { printAndWait, printLine, toJson } from './print.js';
import { readUntilInterrupted } from './topic.js';

interface PublishOptions {
  readonly as: string;
  readonly ssin?: string;
  readonly enterprise?: string;
  readonly sender?: string;
  readonly type: string;
  readonly originalId: string;
  readonly nl?: string;
  readonly fr?: string;
  readonly de?: string;
  readonly en?: string;
  readonly own?: readonly OwnDocument[];
  readonly expires?: string;
  readonly registeredMail?: true;
  readonly replyAllowed?: true;
}

/** A document that the provider serves itself. */
interface OwnDocument {
  readonly documentId: string;
  readonly path: string;
}

/** What document providers do. */
export const addPublicationCommands = (ebox: Command): void => {
  ebox
    .command('publish')
    .description('put a message into a mailbox; the first document is its main content')
    .argument('[files...]', 'documents, which are uploaded')
    .addOption(asOption())
    .addOption(new Option('--ssin <number>', 'to this person').conflicts('enterprise'))
    .option('--enterprise <number>', 'to this enterprise')
    .option('--sender <enterprise number>', 'whose message it is (default: of --as)')
    .requiredOption('--type <message type>', 'see: crossroads ebox types')
    .requiredOption('--original-id <id>', "the sender's own id of the message")
    .option('--nl <text>', 'subject in Dutch')
    .option('--fr <text>', 'subject in French')
    .option('--de <text>', 'subject in German')
    .option('--en <text>', 'subject in English')
    .option(
      '--own <document id=file>',
      'a document that the provider serves itself, and a copy of it here; also several times',
      ownDocument,
    )
    .option('--expires <yyyy-mm-dd>', 'last day on which the documents can be opened')
    .option('--registered-mail', 'registered mail')
    .option('--reply-allowed', 'the reader may reply')
    .action(async (files: string[], options: PublishOptions) => {
      const { messageId, exclusivelyEbox } = await asInstitution(options, async ({ publications }) =>
        publications.publishMessage({ message: await messageOf(publications, files, options) }),
      );
      printLine(`message ${messageId}${exclusivelyEbox ? '; the recipient wants no paper copy' : ''}`);
    });

  ebox
    .command('publish-many')
    .description('many messages, one JSON of crossroads.ebox.v1.NewMessage a line, each with a requestId')
    .argument('<file>', 'send the same file again after a crash: what went in is answered as before')
    .addOption(asOption())
    .action(async (file: string, options: { as: string }) => {
      let [published, refused] = [0, 0];
      await asInstitution(options, async ({ publications }) => {
        for await (const one of publishMany(publications, messagesOf(file))) {
          if (one.outcome.$case === 'published') published++;
          else refused++;
          printLine(outcomeLine(one));
        }
      });
      process.stderr.write(`${published} published, ${refused} refused\n`);
      if (refused > 0) process.exitCode = 1;
    });

  ebox
    .command('events')
    .description("what happened to the provider's messages, by number")
    .addOption(asOption())
    .option('--after <number>', 'only later ones', wholeNumber)
    .option('--follow', 'go on reading them from the topic; Ctrl-C ends')
    .option('--json', 'as JSON, one a line')
    .action(async (options: { as: string; after?: bigint; follow?: true; json?: true }) => {
      let last = options.after ?? 0n;
      const show = async (event: Parameters<typeof eventLine>[0]) => {
        await printAndWait(options.json ? toJson(event) : eventLine(event));
        last = event.eventSequenceNbr;
      };
      await asInstitution(options, async ({ publications }) => {
        for await (const event of readProviderEvents(publications, last)) await show(event);
        if (!options.follow) return;
        const mesh = readMeshFile();
        const provider = enterpriseNumberOf(tlsOf(mesh, options.as).cert);
        await readUntilInterrupted(mesh, options.as, (broker, onError) =>
          followProviderEvents({
            broker,
            publications,
            provider,
            group: `${provider}.command-line-events`,
            lastSequence: () => last,
            onEvent: show,
            onError,
          }),
        );
      });
    });

  ebox
    .command('states')
    .description('what became of messages')
    .argument('<original ids...>', "the sender's own ids")
    .addOption(asOption())
    .option('--sender <enterprise number>', 'whose messages (default: of --as)', '')
    .action(async (originalMessageIds: string[], { sender, ...options }: { as: string; sender: string }) => {
      const { states } = await asInstitution(options, ({ publications }) =>
        publications.listMessageStates({ sender, originalMessageIds }),
      );
      for (const { originalMessageId, messageId, receivedTime, readTime } of states)
        printLine(
          `${originalMessageId}  ${messageId}  received ${receivedTime?.toISOString()}  ${readTime ? `read ${readTime.toISOString()}` : 'unread'}`,
        );
    });

  ebox
    .command('types')
    .description('the kinds of messages that there are')
    .addOption(asOption())
    .action(async (options: { as: string }) => {
      const { messageTypes } = await asInstitution(options, ({ publications }) => publications.listMessageTypes({}));
      for (const { messageType, title } of messageTypes) printLine(`${messageType}  ${title?.en || title?.nl || ''}`);
    });
};

const messageOf = async (
  publications: Institution['publications'],
  files: readonly string[],
  options: PublishOptions,
): Promise<NewMessage> => {
  const { ssin, enterprise, own = [], nl = '', fr = '', de = '', en = '' } = options;
  if (ssin === undefined && enterprise === undefined)
    throw new UsageError('to whom? give --ssin <number> or --enterprise <number>');
  const documents: Document[] = [];
  for (const { documentId, path } of own) documents.push({ ...(await documentOf(path)), documentId });
  const sender = options.sender ?? enterpriseNumberOf(tlsOf(readMeshFile(), options.as).cert);
  for (const path of files) {
    const { mediaType } = await documentOf(path);
    documents.push(await uploadDocument(publications, path, { mediaType, sender }));
  }
  return {
    requestId: newRequestId(),
    sender,
    recipient: {
      by: ssin === undefined ? { $case: 'enterpriseNumber', value: enterprise ?? '' } : { $case: 'ssin', value: ssin },
    },
    originalMessageId: options.originalId,
    subject: { nl, fr, de, en },
    messageType: options.type,
    documents,
    expirationDate: dateOf('--expires', options.expires),
    registeredMail: options.registeredMail ?? false,
    payment: undefined,
    replyAllowed: options.replyAllowed ?? false,
  };
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.xml': 'application/xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
};

const documentOf = async (path: string): Promise<Document> => {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`${path} is not a file that can be read`);
  const mediaType = MEDIA_TYPES[extname(path).toLowerCase()];
  if (mediaType === undefined)
    throw new UsageError(`${path}: a document ends in ${Object.keys(MEDIA_TYPES).join(', ')}`);
  return {
    documentId: '',
    name: basename(path),
    mediaType,
    ...(await digestOf(path)),
    uploaded: false,
    temporarilyUnavailable: false,
  };
};

const ownDocument = (text: string, before: readonly OwnDocument[] = []): OwnDocument[] => {
  const [, documentId, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (documentId === undefined || path === undefined)
    throw new InvalidArgumentError('The id of the document, =, and a file with its content.');
  return [...before, { documentId, path }];
};

const wholeNumber = (text: string): bigint => {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('A whole number, from 0 on.');
  return BigInt(text);
};

async function* messagesOf(file: string): AsyncGenerator<NewMessage> {
  let number = 0;
  const input = createReadStream(file);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    const message = parsed(line);
    if (!message) throw new UsageError(`${file}, line ${number}: not the JSON of a message`);
    if (message.requestId === '')
      throw new UsageError(`${file}, line ${number}: without a requestId (a UUIDv7) it could not be sent again`);
    yield message;
  }
}

const parsed = (line: string): NewMessage | undefined => {
  try {
    return NewMessage.fromJSON(JSON.parse(line));
  } catch {
    return undefined;
  }
};
