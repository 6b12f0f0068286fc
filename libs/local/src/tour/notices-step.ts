import { Citizen, type Mail } from '@crossroads/client';
import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import { ebox } from '@crossroads/topology';
import { numberOf } from '../demo/institutions.js';
import { MOVES } from './change-steps.js';
import { until } from './checks.js';
import type { Participants } from './participants.js';
import type { Tour } from './tour.js';

/** The eBox counts no further. */
const MOST_UNREAD = 100;

interface Notices {
  readonly unread: number;
  readonly listed: number;
}

/** Messages of the mesh itself about changes of this person's address. */
export const countNotices = (tour: Tour, { subject }: Participants): Promise<Notices> =>
  inMailbox(tour, subject.ssin, async (mail) => ({ unread: await unreadIn(mail), listed: await listedIn(mail) }));

/** The citizen has consented: each of the moves became a message. */
export const showNotices = async (tour: Tour, { subject }: Participants, before: Notices): Promise<void> => {
  const { output } = tour;
  output.step('Notices: the mesh itself writes to the citizen whose address was changed');
  const listed = await inMailbox(tour, subject.ssin, async (mail) => {
    // Counting unread messages is no opening, so that waiting does not fill the list of accesses.
    await until('a message about each move', async () => {
      const unread = await unreadIn(mail);
      return unread >= Math.min(MOST_UNREAD, before.unread + MOVES) || undefined;
    });
    return until('each message about a move in the list', async () => {
      const count = await listedIn(mail);
      return count >= before.listed + MOVES ? count : undefined;
    });
  });
  output.verified(`the ${MOVES} moves became messages to the citizen, in their language (${listed} in all)`);
  output.command(`ebox list --ssin ${subject.ssin} --words adreswijziging`);
};

const inMailbox = async <Result>(tour: Tour, ssin: string, work: (mail: Mail) => Promise<Result>): Promise<Result> => {
  const citizen = new Citizen(tour.network.connection('citizen-portal'));
  try {
    return await work(citizen.mail(await tour.network.signIn(ssin, ebox.name)));
  } finally {
    citizen.close();
  }
};

const unreadIn = async (mail: Mail): Promise<number> =>
  (await mail.mailboxes()).find(({ reader }) => reader === MailReader.MAIL_READER_OWNER)?.unreadMessages ?? 0;

const listedIn = async (mail: Mail): Promise<number> => {
  let count = 0;
  const filter = { sender: numberOf('administrator'), words: 'adreswijziging', pageSize: 100 };
  for await (const _ of mail.messages(filter)) count++;
  return count;
};
