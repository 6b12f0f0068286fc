import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { UploadDocumentRequest } from '@crossroads/contracts/ebox/v1/publication_service';
import { ErasureReason } from '@crossroads/contracts/person/v1/erasure_service';
import { PersonErasureOrdered } from '@crossroads/contracts/person/v1/events';
import { eventually } from '@crossroads/testing';
import { type InProcessService, TestMesh, type TestPublisher } from '@crossroads/testing/mesh';
import { PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AppModule } from '../src/app.module.js';
import { UnnamedUploadsJob } from '../src/document/unnamed-uploads.job.js';
import { service } from '../src/service.js';
import { newMessage, openMailboxes, type Provider, provider, publications } from './publishing.js';
import { type Person, PORTAL, World } from './world.js';

const CONTENT = randomBytes(2_000);
const ABOUT = {
  mediaType: 'application/pdf',
  size: BigInt(CONTENT.length),
  sha256: createHash('sha256').update(CONTENT).digest(),
};

async function* upload(): AsyncGenerator<UploadDocumentRequest> {
  yield UploadDocumentRequest.fromPartial({ part: { $case: 'header', value: { sender: '', ...ABOUT } } });
  yield UploadDocumentRequest.fromPartial({ part: { $case: 'chunk', value: CONTENT } });
}

describe('the mailbox of an erased person', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-erased-mail-'));
  let mesh: TestMesh;
  let world: World;
  let registry: TestPublisher;
  let fund: Provider;
  let running: InProcessService;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    registry = await mesh.publisher('person-registry', PERSON_TOPIC);
    world = await World.create(mesh);
    fund = await provider(world);
    running = await mesh.startInProcess(service, AppModule, { env: { DOCUMENT_STORE_DIR: folder } });
  }, 120_000);
  afterAll(async () => {
    await mesh.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const query = async (sql: string, ...values: readonly unknown[]): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: mesh.database.adminUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  const uploaded = async (): Promise<string> =>
    (await publications(world, running, fund).uploadDocument(upload())).documentId;
  const send = (person: Person, documentId: string) => {
    const document = { documentId, name: 'decision.pdf', ...ABOUT, uploaded: true, temporarilyUnavailable: false };
    return publications(world, running, fund).publishMessage({
      message: newMessage(fund, person, { documents: [document] }),
    });
  };
  const erase = async ({ personId }: Person) => {
    const message = {
      personId,
      reason: ErasureReason.ERASURE_REASON_UNLAWFUL,
      orderedTime: new Date('2026-03-01T00:00:00Z'),
    };
    await registry.append({
      type: 'persons.notify.erasure_ordered',
      streamId: personId,
      revision: 1n,
      key: personId,
      data: PersonErasureOrdered.encode(message).finish(),
    });
    await eventually(
      () => query('select from tombstones where person_id = $1', personId),
      ({ length }) => length === 1,
    );
  };
  const sweep = () => running.application.get(UnnamedUploadsJob, { strict: false }).round();

  it('goes with its messages and with the documents that only they name', async () => {
    const [erased, other] = [world.person(), world.person()];
    await openMailboxes(world, [erased.personId, other.personId]);
    const [own, shared, theirs] = [await uploaded(), await uploaded(), await uploaded()];
    await send(erased, own);
    await send(erased, shared);
    const { messageId } = await send(other, shared);
    await send(other, theirs);

    await erase(erased);
    await sweep();
    for (const table of ['messages', 'mailboxes', 'upload_owners'])
      expect(await query(`select from ${table} where owner_id = $1`, erased.personId)).toEqual([]);
    expect(await query('select document_id, state from uploads order by uploaded_at')).toEqual([
      { document_id: shared, state: 'named' },
      { document_id: theirs, state: 'named' },
    ]);
    expect([own, shared, theirs].map((id) => existsSync(join(folder, id)))).toEqual([false, true, true]);

    const came: Buffer[] = [];
    const portal = world.client(MessageServiceService, running, PORTAL);
    const request = { mailbox: undefined, messageId, documentId: shared };
    for await (const { part } of portal.downloadDocument(request, await world.signedIn(other)))
      if (part?.$case === 'chunk') came.push(part.value);
    expect(Buffer.concat(came).equals(CONTENT)).toBe(true);
    await erase(other);
    await sweep();
    expect(await query('select from uploads')).toEqual([]);
    expect([shared, theirs].map((id) => existsSync(join(folder, id)))).toEqual([false, false]);
  }, 60_000);
});
