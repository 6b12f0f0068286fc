import { ebox } from '@crossroads/topology';
import { type Command, Option } from 'commander';
import { Citizen } from '../citizen.js';
import type { Mail } from '../mail.js';
import { connectionOf, readMeshFile } from './mesh-file.js';
import { signIn } from './sign-in.js';

export interface AsReader {
  readonly ssin: string;
  readonly as: string;
  readonly enterprise?: string;
  readonly role: string;
  readonly mailbox?: string;
}

/** Who reads, and which mailbox. */
export const readerOptions = (command: Command): Command =>
  command
    .requiredOption('--ssin <number>', 'who signs in')
    .option('--as <name>', 'certificate of the front end', 'citizen-portal')
    .addOption(
      new Option('--mailbox <id>', 'that of somebody who made this person a delegate (default: their own)').conflicts(
        'enterprise',
      ),
    )
    .option('--enterprise <number>', 'that of an enterprise')
    .addOption(
      new Option('--role <role>', 'what the person is in the enterprise')
        .choices(['EBOX_READER', 'EBOX_MANAGER'])
        .default('EBOX_MANAGER'),
    );

/** Runs `work` on the mailbox, signed in, and closes the connections. */
export const asReader = async <Result>(
  { ssin, as, enterprise, role, mailbox }: AsReader,
  work: (mail: Mail) => Promise<Result>,
): Promise<Result> => {
  const mesh = readMeshFile();
  const roles = enterprise === undefined ? {} : { enterprise: { enterpriseNumber: enterprise, role } };
  const token = await signIn(mesh, as, { ssin, service: ebox.name, ...roles });
  const citizen = new Citizen(connectionOf(mesh, as));
  try {
    return await work(citizen.mail(token, referenceTo(mailbox, enterprise)));
  } finally {
    citizen.close();
  }
};

const referenceTo = (mailbox: string | undefined, enterprise: string | undefined) => {
  if (mailbox !== undefined) return { by: { $case: 'mailboxId', value: mailbox } as const };
  return enterprise === undefined ? undefined : { by: { $case: 'enterpriseNumber', value: enterprise } as const };
};
