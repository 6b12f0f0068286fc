import type { Command } from 'commander';
import { addMailboxCommands } from './mailbox-commands.js';
import { addMessageCommands } from './message-commands.js';
import { addPublicationCommands } from './publication-commands.js';

/** Official mail: readers, signed in with the provider of this machine, and document providers. */
export const addEboxCommands = (program: Command): void => {
  const ebox = program.command('ebox').description('official mail: mailboxes, messages, and what providers publish');
  addMailboxCommands(ebox);
  addMessageCommands(ebox);
  addPublicationCommands(ebox);
};
