import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { Batcher } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import { commitmentAndTime, type KeptReceipt, type ReceiptStore } from './receipt-store.js';

/** What is appended with one `fdatasync`. */
const MAX_BATCH_SIZE = 256;
/** The day that begins and the one that ends. */
const MAX_OPEN_FILES = 2;

/**
 * Keeps receipts in a folder: one file a day (UTC), one JSON line a receipt. For one process; several replicas of a source share
 * `PostgresReceiptStore`. What is kept already is known by the process that asks, so `keep` always resolves to true.
 */
export class FileReceiptStore implements ReceiptStore {
  private readonly files = new Map<string, FileHandle>();
  private readonly batcher = new Batcher<KeptReceipt, boolean>((batch) => this.append(batch), {
    maxBatchSize: MAX_BATCH_SIZE,
    maxInFlight: 1,
  });

  private constructor(private readonly folder: string) {}

  /** Makes the folder when it is not there, for its owner alone: asks name persons. */
  static async open(folder: string): Promise<FileReceiptStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new FileReceiptStore(folder);
  }

  keep(kept: KeptReceipt): Promise<boolean> {
    return this.batcher.load(kept);
  }

  async countsOn(day: IsoDay): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const file = await openToRead(this.pathOf(day));
    // Closes the file at its end.
    for await (const line of file?.readLines() ?? []) {
      const dataService = dataServiceIn(line);
      if (dataService !== undefined) counts.set(dataService, (counts.get(dataService) ?? 0) + 1);
    }
    return counts;
  }

  async close(): Promise<void> {
    for (const day of this.files.keys()) await this.closeFile(day);
  }

  private async append(batch: readonly KeptReceipt[]): Promise<boolean[]> {
    const lines = new Map<string, string[]>();
    for (const kept of batch) {
      const day = utcDayOf(commitmentAndTime(kept.receipt).time);
      lines.set(day, [...(lines.get(day) ?? []), lineOf(kept)]);
    }
    for (const [day, ofDay] of lines) await this.appendTo(day, ofDay.join(''));
    return batch.map(() => true);
  }

  private async appendTo(day: string, text: string): Promise<void> {
    try {
      const file = await this.fileOf(day);
      await file.appendFile(text);
      await file.datasync();
    } catch (error) {
      // Half a line may be there: the next append opens the file anew, and cuts it off.
      await this.closeFile(day).catch(() => undefined);
      throw error;
    }
  }

  private async fileOf(day: string): Promise<FileHandle> {
    const known = this.files.get(day);
    if (known) return known;
    const [oldest] = [...this.files.keys()].sort();
    if (oldest !== undefined && this.files.size >= MAX_OPEN_FILES) await this.closeFile(oldest);
    const file = await open(this.pathOf(day), 'a+', 0o600);
    this.files.set(day, file);
    await cutTornLine(file);
    await syncFolder(this.folder);
    return file;
  }

  private async closeFile(day: string): Promise<void> {
    const file = this.files.get(day);
    this.files.delete(day);
    await file?.close();
  }

  private pathOf(day: string): string {
    return join(this.folder, `receipts-${day}.jsonl`);
  }
}

const utcDayOf = (time: Date): string => time.toISOString().slice(0, 10);

const lineOf = ({ receipt, dataService, ask, askSalt }: KeptReceipt): string =>
  `${JSON.stringify({
    time: commitmentAndTime(receipt).time.toISOString(),
    dataService,
    receipt: base64(Receipt.encode(receipt).finish()),
    ask: base64(ask),
    askSalt: base64(askSalt),
  })}\n`;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Undefined for a line that a crash has torn: its answer never left. */
const dataServiceIn = (line: string): string | undefined => {
  try {
    const { dataService } = JSON.parse(line) as { readonly dataService?: string };
    return dataService;
  } catch {
    return undefined;
  }
};

const LINE_FEED = 0x0a;
/** Longer than any line: asks have at most some kilobytes. */
const TAIL_BYTES = 1024 * 1024;

/** A line without its end was being written when the process died, and its answer never left. */
const cutTornLine = async (file: FileHandle): Promise<void> => {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  await file.read(tail, 0, tail.length, size - tail.length);
  if (tail.length === 0 || tail.at(-1) === LINE_FEED) return;
  const end = tail.lastIndexOf(LINE_FEED) + 1;
  if (end === 0 && size > tail.length) throw new Error('a file of receipts has no line in its last MiB');
  await file.truncate(size - tail.length + end);
};

/** The name of a new file is durable only with its folder. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Nothing when there is no such file. */
const openToRead = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return undefined;
  }
};

const isMissing = (error: unknown): boolean => Reflect.get(Object(error), 'code') === 'ENOENT';
