import { Language } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { type Command, Option } from 'commander';
import { dateOf } from './arguments.js';
import { type AsReader, asReader, readerOptions } from './as-reader.js';
import { consentLine, delegateLine, mailboxLine } from './print-mail.js';
import { printLine, toJson } from './print.js';

const LANGUAGES = {
  nl: Language.LANGUAGE_NL,
  fr: Language.LANGUAGE_FR,
  de: Language.LANGUAGE_DE,
  en: Language.LANGUAGE_EN,
} as const;

interface Channel extends AsReader {
  readonly channel: string;
}

const channelOption = () => new Option('--channel <name>', 'where the owner reads').default('MY_EBOX');

/** Whose mailboxes there are, and who decides on them. */
export const addMailboxCommands = (ebox: Command): void => {
  readerOptions(ebox.command('mailboxes'))
    .description('those that the person may read')
    .option('--json', 'as JSON, one a line')
    .action(async ({ json, ...reader }: AsReader & { json?: true }) =>
      asReader(reader, async (mail) => {
        for (const mailbox of await mail.mailboxes()) printLine(json ? toJson(mailbox) : mailboxLine(mailbox));
      }),
    );

  readerOptions(ebox.command('consent'))
    .description('let senders use the mailbox instead of paper; the first consent opens it')
    .addOption(channelOption())
    .addOption(new Option('--language <language>', 'of a mailbox that is opened by it').choices(Object.keys(LANGUAGES)))
    .action(async ({ channel, language, ...reader }: Channel & { language?: keyof typeof LANGUAGES }) => {
      const how = language === undefined ? {} : { language: LANGUAGES[language] };
      printLine(`mailbox ${await asReader(reader, (mail) => mail.giveConsent(channel, how))}`);
    });

  readerOptions(ebox.command('withdraw'))
    .description('take a consent back; what is in the mailbox stays readable')
    .addOption(channelOption())
    .action(async ({ channel, ...reader }: Channel) => {
      const consented = await asReader(reader, (mail) => mail.withdrawConsent(channel));
      printLine(consented ? 'withdrawn; another channel still has a consent' : 'withdrawn');
    });

  readerOptions(ebox.command('consents'))
    .description('every consent and withdrawal, newest first')
    .option('--json', 'as JSON, one a line')
    .action(async ({ json, ...reader }: AsReader & { json?: true }) =>
      asReader(reader, async (mail) => {
        for await (const consent of mail.consents()) printLine(json ? toJson(consent) : consentLine(consent));
      }),
    );

  readerOptions(ebox.command('preferences'))
    .description('replace them all')
    .addOption(
      new Option('--language <language>', 'of what the mesh writes')
        .choices(Object.keys(LANGUAGES))
        .makeOptionMandatory(),
    )
    .option('--exclusively-ebox', 'no paper copies, where the law lets one choose')
    .option('--notification-address <e-mail>', 'where notifications go (default: none)', '')
    .action(
      async ({
        language,
        exclusivelyEbox = false,
        notificationAddress,
        ...reader
      }: AsReader & {
        language: keyof typeof LANGUAGES;
        exclusivelyEbox?: boolean;
        notificationAddress: string;
      }) => {
        const preferences = { language: LANGUAGES[language], exclusivelyEbox, notificationAddress };
        await asReader(reader, (mail) => mail.changePreferences(preferences));
        printLine('changed');
      },
    );

  addDelegateCommands(ebox.command('delegates').description('who else may read the mailbox'));
};

const addDelegateCommands = (delegates: Command): void => {
  readerOptions(delegates.command('list'))
    .description('those that were added, also those that ended')
    .option('--json', 'as JSON, one a line')
    .action(async ({ json, ...reader }: AsReader & { json?: true }) =>
      asReader(reader, async (mail) => {
        for (const delegate of await mail.delegates()) printLine(json ? toJson(delegate) : delegateLine(delegate));
      }),
    );

  readerOptions(delegates.command('add'))
    .description('let another person read this mailbox')
    .requiredOption('--delegate <number>', 'their SSIN')
    .requiredOption('--label <text>', "the owner's own name for it, which the delegate sees")
    .option('--from <yyyy-mm-dd>', 'first day (default: today)')
    .option('--to <yyyy-mm-dd>', 'last day (default: open)')
    .action(
      async ({
        delegate,
        label,
        from,
        to,
        ...reader
      }: AsReader & { delegate: string; label: string; from?: string; to?: string }) => {
        const period = { startDate: dateOf('--from', from), endDate: dateOf('--to', to) };
        const some = from === undefined && to === undefined ? {} : { period };
        const id = await asReader(reader, (mail) => mail.addDelegate({ ssin: delegate, label, ...some }));
        printLine(`delegation ${id}`);
      },
    );

  readerOptions(delegates.command('remove'))
    .description('end it at once')
    .argument('<delegation id>')
    .action(async (delegationId: string, reader: AsReader) => {
      await asReader(reader, (mail) => mail.removeDelegate(delegationId));
      printLine('removed');
    });
};
