import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '@crossroads/configuration';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { UploadDocumentRequest, type UploadHeader } from '@crossroads/contracts/ebox/v1/publication_service';
import { DocumentStore } from '@crossroads/document/store';
import { eventually, refusalOf } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { UnnamedUploadsJob } from '../src/document/unnamed-uploads.job.js';
import { UploadRepository } from '../src/document/upload.repository.js';
import { service } from '../src/service.js';
import {
  newMessage,
  openMailboxes,
  type Provider,
  provider,
  type PublicationClient,
  publications,
} from './publishing.js';
import { PORTAL, World } from './world.js';

const DAY_MS = 86_400_000;
const CONTENT = randomBytes(600_000);

const headerOf = (content: Uint8Array): UploadHeader => ({
  sender: '',
  mediaType: 'application/pdf',
  size: BigInt(content.length),
  sha256: createHash('sha256').update(content).digest(),
});

const header = (change: Partial<UploadHeader> = {}) =>
  UploadDocumentRequest.fromPartial({ part: { $case: 'header', value: { ...headerOf(CONTENT), ...change } } });

const chunk = (value: Uint8Array) =>
  UploadDocumentRequest.fromPartial({ part: { $case: 'chunk', value: Buffer.from(value) } });

async function* upload(
  content: Uint8Array = CONTENT,
  change: Partial<UploadHeader> = {},
): AsyncGenerator<UploadDocumentRequest> {
  yield header({ ...headerOf(content), ...change });
  for (let from = 0; from < content.length; from += 100_000) yield chunk(content.subarray(from, from + 100_000));
}

async function* one() {
  yield Buffer.of(0);
}

describe('an upload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-uploads-'));
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;
  let fund: Provider;
  let client: PublicationClient;
  let now = new Date();

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    fund = await provider(world);
    running = await mesh.startInProcess(service, AppModule, {
      env: { DOCUMENT_STORE_DIR: folder },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    client = publications(world, running, fund);
  });
  afterAll(async () => {
    await mesh.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const part = <Part>(type: abstract new (...args: never[]) => Part): Part =>
    running.application.get<Part>(type, { strict: false });
  const sweep = () => part(UnnamedUploadsJob).round();
  const named = (documentId: string, change: { readonly size?: bigint } = {}) => ({
    documentId,
    name: 'decision.pdf',
    mediaType: 'application/pdf',
    size: BigInt(CONTENT.length),
    sha256: headerOf(CONTENT).sha256,
    uploaded: true,
    temporarilyUnavailable: false,
    ...change,
  });

  it('is read by the recipient of the message that names it; the store shows nothing of it', async () => {
    const { documentId } = await client.uploadDocument(upload());
    const person = world.person();
    await openMailboxes(world, [person.personId]);
    const { messageId } = await client.publishMessage({
      message: newMessage(fund, person, { documents: [named(documentId)] }),
    });
    const portal = world.client(MessageServiceService, running, PORTAL);
    const came: Buffer[] = [];
    const request = { mailbox: undefined, messageId, documentId };
    for await (const { part } of portal.downloadDocument(request, await world.signedIn(person)))
      if (part?.$case === 'chunk') came.push(part.value);
    expect(Buffer.concat(came).equals(CONTENT)).toBe(true);
    expect(readFileSync(join(folder, documentId)).includes(CONTENT.subarray(0, 32))).toBe(false);
  });

  it('cannot be named by a message that says something else of it, or by another provider', async () => {
    const { documentId } = await client.uploadDocument(upload());
    const person = world.person();
    await openMailboxes(world, [person.personId]);
    const other = await provider(world);
    const publish = (by: Provider, document: ReturnType<typeof named>) =>
      publications(world, running, by).publishMessage({ message: newMessage(by, person, { documents: [document] }) });
    for (const [by, document] of [
      [fund, named(documentId, { size: 1n })],
      [other, named(documentId)],
      [fund, named(randomUUID())],
    ] as const)
      expect((await refusalOf(publish(by, document))).code).toBe(status.INVALID_ARGUMENT);
    await publish(fund, named(documentId));
  });

  it.each<[string, string, () => AsyncIterable<UploadDocumentRequest>]>([
    [
      'it has no header',
      'header REQUIRED',
      async function* () {
        yield chunk(CONTENT);
      },
    ],
    ['nothing comes', 'header REQUIRED', async function* () {}],
    ['the media type is none', 'header.media_type MALFORMED_MEDIA_TYPE', () => upload(CONTENT, { mediaType: 'pdf' })],
    [
      'the media type has parameters',
      'header.media_type MEDIA_TYPE_WITH_PARAMETERS',
      () => upload(CONTENT, { mediaType: 'text/plain; charset=utf-8' }),
    ],
    ['it is empty', 'header.size INVALID_SIZE', () => upload(Buffer.alloc(0))],
    ['it is larger than 100 MiB', 'header.size INVALID_SIZE', () => upload(CONTENT, { size: 104_857_601n })],
    ['its digest is too short', 'header.sha256 INVALID_DIGEST', () => upload(CONTENT, { sha256: Buffer.alloc(31) })],
    ['its sender is no number', 'header.sender ENTERPRISE_NUMBER_MALFORMED', () => upload(CONTENT, { sender: 'fund' })],
    ['it is longer than it says', 'header.size WRONG_SIZE', () => upload(CONTENT, { size: 599_999n })],
    ['it is shorter than it says', 'header.size WRONG_SIZE', () => upload(CONTENT, { size: 600_001n })],
    ['it has another digest', 'header.sha256 WRONG_DIGEST', () => upload(CONTENT, { sha256: Buffer.alloc(32) })],
    [
      'a part is above 256 KiB',
      'chunk TOO_LONG',
      async function* () {
        yield header();
        yield chunk(CONTENT.subarray(0, 300_000));
      },
    ],
    [
      'a second header comes',
      'chunk REQUIRED',
      async function* () {
        yield header();
        yield header();
      },
    ],
    [
      'it has no end',
      'header.size WRONG_SIZE',
      async function* () {
        yield header();
        for (;;) yield chunk(CONTENT.subarray(0, 50_000));
      },
    ],
  ])('is refused when %s, and nothing of it stays', async (_, expected, parts) => {
    await sweep();
    const before = readdirSync(folder);
    const { code, violations } = await refusalOf(client.uploadDocument(parts(), { deadlineMs: 60_000 }));
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([expected]);
    await sweep();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is refused for a sender that the provider does not represent', async () => {
    const other = await provider(world);
    const parts = upload(CONTENT, { sender: other.enterpriseNumber });
    expect(await refusalOf(client.uploadDocument(parts))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'NOT_THE_SENDER',
    });
  });

  it('that its sender breaks off leaves nothing', async () => {
    await sweep();
    const before = readdirSync(folder);
    const stop = new AbortController();
    const broken = client.uploadDocument(
      (async function* () {
        yield header();
        yield chunk(CONTENT.subarray(0, 100_000));
        await eventually(
          () => readdirSync(folder).length,
          (count) => count > before.length,
        );
        stop.abort();
        await new Promise(() => undefined);
      })(),
      { signal: stop.signal },
    );
    expect((await refusalOf(broken)).code).toBe(status.CANCELLED);
    await eventually(
      () => readdirSync(folder).length,
      (count) => count === before.length,
    );
  });

  it('is removed after a day when no message names it, and stays otherwise; what a killed process left is removed, too', async () => {
    const [forgotten, kept] = [await client.uploadDocument(upload()), await client.uploadDocument(upload())];
    const person = world.person();
    await openMailboxes(world, [person.personId]);
    const keep = () =>
      client.publishMessage({ message: newMessage(fund, person, { documents: [named(kept.documentId)] }) });
    await keep();
    const left = randomUUID();
    const about = { provider: fund.enterpriseNumber, sender: fund.enterpriseNumber, mediaType: 'text/plain', size: 1n };
    await part(UploadRepository).add({
      ...about,
      documentId: left,
      sha256: Buffer.alloc(32),
      uploadedAt: now,
      state: 'arriving',
    });
    await part(DocumentStore).put(left, 1, one());
    const stored = () => [forgotten.documentId, kept.documentId, left].map((id) => readdirSync(folder).includes(id));
    now = new Date(now.getTime() + DAY_MS - 1_000);
    await sweep();
    expect(stored()).toEqual([true, true, true]);
    now = new Date(now.getTime() + 2_000);
    await sweep();
    expect(stored()).toEqual([false, true, false]);
    const late = newMessage(fund, person, { documents: [named(forgotten.documentId)] });
    expect((await refusalOf(client.publishMessage({ message: late }))).code).toBe(status.INVALID_ARGUMENT);
  });
});
