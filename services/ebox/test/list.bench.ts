import {
  MessageServiceService,
  type ListMessagesRequest,
  ReadFilter,
} from '@crossroads/contracts/ebox/v1/message_service';
import { openDatabase } from '@crossroads/database';
import { FileKeyProvider, PostgresSubjectKeys, SubjectSealer } from '@crossroads/privacy';
import { TestMesh } from '@crossroads/testing/mesh';
import { SubjectWords } from '../src/message/subject-words.js';
import { PORTAL, World } from './world.js';
import {
  FREQUENT_SENDER,
  FREQUENT_TYPE,
  loadBigMailbox,
  OLD_SENDER,
  RARE_SENDER,
  RARE_TYPE,
  wordOf,
} from './big-mailbox.js';

const WARM_UP = 300;

/**
 * The first page of a big mailbox, by every filter: over gRPC, each call signed in, and each opening durable in the journal.
 * `node services/ebox/dist/test/list.bench.js`; `npm run bench -- ebox-list` starts it on a durable server. Progress goes to the error
 * output, the figures as JSON to the other.
 */
const { EBOX_MAILBOX = '1000000', EBOX_MESSAGES = '5000000', EBOX_CALLS = '200' } = process.env;
/** Messages in the mailbox. */
const SIZE = Number(EBOX_MAILBOX);
/** Messages stored in all. */
const TOTAL = Number(EBOX_MESSAGES);
const CALLS = Number(EBOX_CALLS);

/** By filter. */
export type ListFigures = Readonly<
  Record<string, { readonly p50Ms: number; readonly p95Ms: number; readonly messages: number }>
>;

const ALL: ListMessagesRequest = {
  mailbox: undefined,
  received: undefined,
  read: ReadFilter.READ_FILTER_UNSPECIFIED,
  hidden: false,
  messageType: '',
  sender: '',
  registeredMailOnly: false,
  words: '',
  pageSize: 50,
  pageToken: '',
};

const LISTS: Readonly<Record<string, Partial<ListMessagesRequest>>> = {
  'first page': {},
  unread: { read: ReadFilter.READ_FILTER_UNREAD },
  read: { read: ReadFilter.READ_FILTER_READ },
  hidden: { hidden: true },
  registered: { registeredMailOnly: true },
  'frequent type': { messageType: FREQUENT_TYPE },
  'rare type': { messageType: RARE_TYPE },
  'frequent sender': { sender: FREQUENT_SENDER },
  'rare sender': { sender: RARE_SENDER },
  'sender of the older half': { sender: OLD_SENDER },
  'rare type and sender': { messageType: RARE_TYPE, sender: FREQUENT_SENDER },
  'word in each': { words: wordOf(1) },
  'word in 1 of 10': { words: wordOf(10) },
  'word in 1 of 100': { words: wordOf(100) },
  'word in 1 of 1,000': { words: wordOf(1_000) },
  'word in 1 of 10,000': { words: wordOf(10_000) },
  'word in 1 of 100,000': { words: wordOf(100_000) },
  'word in none': { words: 'nergens' },
  'frequent and rare word': { words: `${wordOf(1)} ${wordOf(10_000)}` },
};

const say = (line: string) => void process.stderr.write(`${line}\n`);

const run = async (): Promise<ListFigures> => {
  const mesh = await TestMesh.start('ebox');
  try {
    const world = await World.create(mesh);
    const owner = world.person();
    // Migrates.
    await (await mesh.startProcess()).stop();
    const keys = new FileKeyProvider(mesh.keyFile);
    const db = await openDatabase({ url: mesh.databases.keys?.url ?? '' });
    mesh.defer(() => db.close());
    const sealer = new SubjectSealer(new PostgresSubjectKeys({ db, keys }));
    const words = new SubjectWords(await keys.secret('subject-words'));
    const { adminUrl } = mesh.database;
    await loadBigMailbox({ adminUrl, sealer, words, ownerId: owner.personId, size: SIZE, total: TOTAL, say });
    const running = await mesh.startProcess();
    const portal = world.client(MessageServiceService, running, PORTAL);
    const list = async (filters: Partial<ListMessagesRequest>) => {
      const signedIn = await world.signedIn(owner);
      const from = performance.now();
      const { messages } = await portal.listMessages({ ...ALL, ...filters }, signedIn);
      return { messages: messages.length, ms: performance.now() - from };
    };
    // The compiler of the runtime needs some hundred calls.
    for (let n = 0; n < WARM_UP; n++) await list({});
    const figures: Record<string, ListFigures[string]> = {};
    for (const [name, filters] of Object.entries(LISTS)) {
      const answers = [];
      for (let n = 0; n < CALLS; n++) answers.push(await list(filters));
      const sorted = answers.map(({ ms }) => ms).sort((one, other) => one - other);
      const messages = answers[0]?.messages ?? 0;
      const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
      figures[name] = { p50Ms: at(0.5), p95Ms: at(0.95), messages };
      say(
        `${name.padEnd(26)} ${String(messages).padStart(3)} messages, p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms`,
      );
    }
    return figures;
  } finally {
    await mesh.stop();
  }
};

process.stdout.write(`${JSON.stringify(await run())}\n`);
process.exit(0);
