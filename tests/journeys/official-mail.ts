import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRequestId } from '@crossroads/grpc';
import { numberOf, run } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generatedPeople, generatedSsins } from '../people.js';
import { ROOT, type WholeMesh } from '../whole-mesh.js';

const COMMAND = join(ROOT, 'libs', 'client', 'dist', 'cli', 'crossroads.js');
const [OWNER = '', DELEGATE = '', STRANGER = ''] = generatedSsins(3, 10);
const CONTENT = `%PDF-1.7\n${'a decision of many pages\n'.repeat(40_000)}`;

/** Official mail by command line. Each step by hand, as somebody does it who tries the mesh. */
export const officialMail = (running: () => WholeMesh): void => {
  let mesh: WholeMesh;
  let folder: string;
  beforeAll(async () => {
    mesh = running();
    folder = mkdtempSync(join(tmpdir(), 'crossroads-mail-'));
    await mesh.load(() => generatedPeople(3, 10));
    writeFileSync(join(folder, 'decision.pdf'), CONTENT);
  });
  afterAll(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** What the command prints, on both streams. */
  const ebox = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, CROSSROADS_DATA: mesh.local.folder.path };
    return (await run(process.execPath, [COMMAND, 'ebox', ...args], { cwd: folder, env })).output;
  };
  const asOwner = (...args: readonly string[]) => ebox(...args, '--ssin', OWNER);
  const publish = (id: string, ...args: readonly string[]) =>
    ebox(
      ...['publish', '--as', 'pension-office', '--ssin', OWNER, '--type', 'PENSION_DECISION', '--original-id', id],
      ...['--nl', 'Uw pensioen', '--fr', 'Votre pension', ...args],
    );
  const idIn = (line: string): string => /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(line)?.[0] ?? '';

  it('goes on paper until the recipient consents', async () => {
    const refused = await eventually(
      () => publish('no-consent', 'decision.pdf'),
      (answer) => !answer.includes('UNKNOWN_SSIN'),
    );
    expect(refused).toMatch(/^NO_CONSENT: /);
    expect(await asOwner('consent')).toMatch(/^mailbox /);
    expect(await asOwner('mailboxes')).toMatch(/own {2}consented {2}0 unread/);
    expect(await ebox('types', '--as', 'health-fund')).toMatch(/^RIGHT_MISSING: /);
  });

  it('is listed, opened and downloaded by its owner, and its sender learns of it', async () => {
    const messageId = idIn(await publish('decision-1', 'decision.pdf'));
    expect(await asOwner('list', '--unread', '--words', 'PENSION')).toContain(`${messageId}  `);
    const opened = await asOwner('read', messageId);
    expect(opened).toContain('Votre pension');
    const documentId = idIn(opened.split('\n').at(-1) ?? '');
    expect(await asOwner('download', messageId, documentId)).toMatch(/^decision.pdf is here already/);
    expect(await asOwner('download', messageId, documentId, '--to', 'mine.pdf')).toMatch(/^mine.pdf: \d+ bytes/);
    expect(readFileSync(join(folder, 'mine.pdf'), 'utf8') === CONTENT).toBe(true);
    expect(readdirSync(folder).toSorted()).toEqual(['decision.pdf', 'mine.pdf']);

    const events = await eventually(
      () => ebox('events', '--as', 'pension-office'),
      (lines) => lines.includes('readDocument'),
    );
    const ofMessage = events.split('\n').filter((line) => line.includes(messageId));
    expect(ofMessage.map((line) => line.split('  ')[2])).toEqual(['newDocument', 'readDocument']);
  });

  it('is read by a delegate until the owner ends it, and by nobody else', async () => {
    const messageId = idIn(await publish('decision-2', 'decision.pdf'));
    expect(await ebox('read', messageId, '--ssin', STRANGER)).toMatch(/^RESOURCE_NOT_FOUND: /);
    const delegationId = idIn(await asOwner('delegates', 'add', '--delegate', DELEGATE, '--label', 'my daughter'));
    const mailboxes = await ebox('mailboxes', '--ssin', DELEGATE);
    const mailboxId = idIn(mailboxes.split('\n').find((line) => line.includes('my daughter')) ?? '');
    const asDelegate = () => ebox('read', messageId, '--ssin', DELEGATE, '--mailbox', mailboxId);
    expect(await asDelegate()).toContain('Uw pensioen');
    expect(await asOwner('delegates', 'remove', delegationId)).toBe('removed');
    expect(await asDelegate()).toMatch(/^RESOURCE_NOT_FOUND: /);
  });

  it('is published in bulk from a file, which may be sent again', async () => {
    const documents = [
      { documentId: 'd', name: 'd.pdf', mediaType: 'application/pdf', size: 1, sha256: 'A'.repeat(43) },
    ];
    const lines = [OWNER, STRANGER].map((ssin, index) => ({
      requestId: newRequestId(),
      sender: numberOf('pension-office'),
      recipient: { ssin },
      originalMessageId: `bulk-${index}`,
      subject: { nl: 'Bulk' },
      messageType: 'GENERAL_NOTICE',
      documents,
    }));
    writeFileSync(join(folder, 'bulk.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const first = await ebox('publish-many', 'bulk.jsonl', '--as', 'pension-office');
    expect(first).toMatch(/^1 {2}bulk-0 {2}[0-9a-f-]+\n2 {2}bulk-1 {2}refused: NO_CONSENT\n1 published, 1 refused$/);
    expect(await ebox('publish-many', 'bulk.jsonl', '--as', 'pension-office')).toBe(first);
  });
};
