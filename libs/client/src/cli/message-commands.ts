import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DownloadHeader, ReadFilter } from '@crossroads/contracts/ebox/v1/message_service';
import { type Command, Option } from 'commander';
import { dateOf } from './arguments.js';
import { type AsReader, asReader, readerOptions } from './as-reader.js';
import { UsageError } from './mesh-file.js';
import { messageLine, messageLines } from './print-mail.js';
import { printLine, toJson } from './print.js';

interface ListOptions extends AsReader {
  readonly from?: string;
  readonly to?: string;
  readonly unread?: true;
  readonly read?: true;
  readonly hidden?: true;
  readonly type?: string;
  readonly sender?: string;
  readonly registeredMail?: true;
  readonly words?: string;
  readonly json?: true;
}

/** What is in a mailbox. */
export const addMessageCommands = (ebox: Command): void => {
  readerOptions(ebox.command('list'))
    .description('messages, newest first')
    .option('--from <yyyy-mm-dd>', 'received on this day or later')
    .option('--to <yyyy-mm-dd>', 'received on this day or earlier')
    .addOption(new Option('--unread', 'only unread ones').conflicts('read'))
    .option('--read', 'only read ones')
    .option('--hidden', 'the hidden ones instead of the others')
    .option('--type <message type>', 'only of this type')
    .option('--sender <enterprise number>', 'only of this sender')
    .option('--registered-mail', 'only registered mail')
    .option('--words <words>', 'that the subject has, all of them, in whichever language')
    .option('--json', 'as JSON, one a line')
    .action(async (options: ListOptions) =>
      asReader(options, async (mail) => {
        for await (const message of mail.messages(filterOf(options)))
          printLine(options.json ? toJson(message) : messageLine(message));
      }),
    );

  readerOptions(ebox.command('read'))
    .description('open a message, which counts as read from then on')
    .argument('<message id>')
    .option('--json', 'as JSON')
    .action(async (messageId: string, { json, ...reader }: AsReader & { json?: true }) => {
      const message = await asReader(reader, (mail) => mail.open(messageId));
      if (!message) throw new UsageError('the answer has no message');
      for (const line of json ? [toJson(message)] : messageLines(message)) printLine(line);
    });

  readerOptions(ebox.command('download'))
    .description('a document of a message; the file is there only when it came whole and unchanged')
    .argument('<message id>')
    .argument('<document id>')
    .option('--to <path>', 'a file, which is replaced (default: the name of the document, in this folder)')
    .action(async (messageId: string, documentId: string, { to, ...reader }: AsReader & { to?: string }) => {
      let path = to ?? '';
      const target = to ?? ((header: DownloadHeader) => (path = newFileFor(header)));
      const { size, ticket } = await asReader(reader, (mail) => mail.download({ messageId, documentId }, target));
      printLine(`${path}: ${size} bytes, digest as published; ticket ${ticket}`);
    });

  readerOptions(ebox.command('mark'))
    .description('mark a message as read, or as unread')
    .argument('<message id>')
    .option('--unread', 'as unread')
    .action(async (messageId: string, { unread, ...reader }: AsReader & { unread?: true }) => {
      await asReader(reader, (mail) => mail.mark(messageId, !unread));
      printLine(unread ? 'marked as unread' : 'marked as read');
    });

  readerOptions(ebox.command('hide'))
    .description('leave a message out of the list, or show it again')
    .argument('<message id>')
    .option('--show', 'show it again')
    .action(async (messageId: string, { show, ...reader }: AsReader & { show?: true }) => {
      await asReader(reader, (mail) => mail.hide(messageId, !show));
      printLine(show ? 'shown again' : 'hidden');
    });
};

const filterOf = (options: ListOptions) => {
  const {
    from,
    to,
    unread,
    read,
    hidden = false,
    type = '',
    sender = '',
    registeredMail = false,
    words = '',
  } = options;
  return {
    ...(from === undefined && to === undefined
      ? {}
      : { received: { startDate: dateOf('--from', from), endDate: dateOf('--to', to) } }),
    read: unread
      ? ReadFilter.READ_FILTER_UNREAD
      : read
        ? ReadFilter.READ_FILTER_READ
        : ReadFilter.READ_FILTER_UNSPECIFIED,
    hidden,
    messageType: type,
    sender,
    registeredMailOnly: registeredMail,
    words,
  };
};

/** The sender chose the name: it must be one in this folder, and replace nothing. */
const newFileFor = ({ name }: DownloadHeader): string => {
  if (!/^[^/\\\p{Cc}.][^/\\\p{Cc}]*$/u.test(name))
    throw new UsageError('the name of this document is not one for a file here; give --to <path>');
  if (existsSync(resolve(name))) throw new UsageError(`${name} is here already; give --to <path>`);
  return name;
};
