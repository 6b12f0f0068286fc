import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ArchiveDamaged, type ArchiveStore } from './archive-store.js';
import { type ArchivedEvent, eventOfLine, linkedHash } from './archived-events.js';
import { type Manifest, manifestNameOf, manifestSchema, PartitionCounts } from './manifest.js';

/**
 * Reads an archived month back: its bytes are those of the manifest, each event joins the running hash of the log, and the counts and the
 * first and last places are the stated ones. @throws ArchiveDamaged
 */
export const verifyArchive = async (store: ArchiveStore, file: string): Promise<Manifest> => {
  const manifest = await readManifest(store, file);
  const [digest, counts] = [createHash('sha256'), new PartitionCounts()];
  const stored = async function* () {
    for await (const chunk of store.read(file)) {
      digest.update(chunk);
      yield chunk;
    }
  };
  let previous: ArchivedEvent | undefined;
  try {
    for await (const line of linesOf(unzipped(stored()))) {
      const event = eventOfLine(line);
      refuseBroken(file, event, previous);
      counts.add(event);
      previous = event;
    }
  } catch (error) {
    throw error instanceof ArchiveDamaged ? error : new ArchiveDamaged(file, 'cannot be read', { cause: error });
  }
  if (digest.digest('hex') !== manifest.sha256) throw new ArchiveDamaged(file, 'is not what its manifest names');
  const { events, partitions } = manifest;
  if (counts.events !== events || JSON.stringify(counts.partitions) !== JSON.stringify(partitions))
    throw new ArchiveDamaged(file, 'has other events than its manifest says');
  return manifest;
};

const readManifest = async (store: ArchiveStore, file: string): Promise<Manifest> => {
  const name = manifestNameOf(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(name)) chunks.push(chunk);
  try {
    const manifest = manifestSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
    if (manifest.file === file) return manifest;
  } catch (error) {
    throw new ArchiveDamaged(name, 'cannot be read', { cause: error });
  }
  throw new ArchiveDamaged(name, `is not the manifest of ${file}`);
};

/** Positions may have gaps: between the events of a month lie those of others. */
const refuseBroken = (file: string, event: ArchivedEvent, previous: ArchivedEvent | undefined): void => {
  const where = `partition ${event.partition}, position ${event.position}`;
  if (linkedHash(event) !== event.hash) throw new ArchiveDamaged(file, `has an event that was changed: ${where}`);
  if (previous === undefined || previous.partition < event.partition) return;
  const distance = previous.partition === event.partition ? BigInt(event.position) - BigInt(previous.position) : 0n;
  if (distance < 1n) throw new ArchiveDamaged(file, `is out of order: ${where}`);
  if (distance === 1n && event.before !== previous.hash)
    throw new ArchiveDamaged(file, `does not join the event before: ${where}`);
};

async function* unzipped(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const fed = pipeline(Readable.from(stored), gunzip);
  // An error reaches who reads, too.
  fed.catch(() => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
  await fed;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') throw new SyntaxError('the last line is incomplete');
}
