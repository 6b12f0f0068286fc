import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Mail, publishMany } from '@crossroads/client';
import type { Document, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { RemoteError } from '@crossroads/grpc';
import { numberOf } from '@crossroads/local';
import { untilAnswered } from './load.js';
import { messageTo, PROVIDER } from './mail.js';
import type { Portal } from './portal.js';
import type { WholeMesh } from './whole-mesh.js';

export interface AcceptedMessage {
  readonly ssin: string;
  readonly messageId: string;
  readonly originalMessageId: string;
}

/** Something that was shown to a reader; without a document, the message itself. */
export interface ShownMail {
  readonly ssin: string;
  readonly messageId: string;
  readonly documentId?: string;
}

export interface MailLoadResult {
  readonly accepted: AcceptedMessage[];
  readonly shown: ShownMail[];
  /** Documents whose bytes were not those that the provider has. */
  readonly wrong: string[];
  /** How many calls of readers failed, by reason or code. */
  readonly failed: Map<string, number>;
}

export interface MailLoad {
  readonly result: MailLoadResult;
  /** Stops the load. What is being published is repeated until it is answered. */
  stop(): Promise<MailLoadResult>;
}

const PAUSE_MS = 20;
/** A database that was killed beside two other meshes needs half a minute to serve again. */
const GIVE_UP_MS = 180_000;

/** Publishes one message after another and many in one stream, and reads them, until it is stopped. */
export const startMailLoad = (
  mesh: WholeMesh,
  portal: Portal,
  ssins: readonly string[],
  { document, content }: { readonly document: Document; readonly content: string },
): MailLoad => {
  const result: MailLoadResult = { accepted: [], shown: [], wrong: [], failed: new Map() };
  const stopping = new AbortController();
  const { signal } = stopping;
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-mail-load-'));
  const { publications } = mesh.as(PROVIDER);

  const accept = ({ recipient, originalMessageId }: NewMessage, messageId: string): void => {
    result.accepted.push({ ssin: recipient?.by?.value ?? '', messageId, originalMessageId });
  };

  async function* messages(): AsyncGenerator<NewMessage> {
    for (let n = 0; !signal.aborted; n++) {
      yield messageTo(ssins[n % ssins.length] ?? '', [document]);
      await delay(PAUSE_MS);
    }
  }

  const publishOne = async (): Promise<void> => {
    for await (const message of messages()) {
      const { messageId } = await untilAnswered(() => publications.publishMessage({ message }));
      accept(message, messageId);
    }
  };

  const publishStream = async (): Promise<void> => {
    for await (const { message, outcome } of publishMany(publications, messages(), {
      window: 50,
      patienceMs: GIVE_UP_MS,
    }))
      if (outcome.$case === 'published') accept(message, outcome.value.messageId);
      else throw new Error(`a message was refused: ${outcome.value.reason}`);
  };

  const read = async (reader: number): Promise<void> => {
    const file = join(folder, `${reader}`);
    for (let n = reader; !signal.aborted; n++) {
      const ssin = ssins[n % ssins.length] ?? '';
      try {
        await readNewest(await portal.mailOf(ssin), ssin, file);
      } catch (error) {
        const reason = error instanceof RemoteError ? error.reason || `code ${error.code}` : String(error);
        result.failed.set(reason, (result.failed.get(reason) ?? 0) + 1);
      }
      await delay(PAUSE_MS);
    }
  };

  const readNewest = async (mail: Mail, ssin: string, file: string): Promise<void> => {
    for await (const { messageId } of mail.messages({ sender: numberOf(PROVIDER), pageSize: 1 })) {
      await mail.open(messageId);
      result.shown.push({ ssin, messageId });
      const { documentId } = document;
      await mail.download({ messageId, documentId }, file);
      result.shown.push({ ssin, messageId, documentId });
      if (readFileSync(file, 'utf8') !== content) result.wrong.push(messageId);
      return;
    }
  };

  const running = [publishOne(), publishStream(), read(0), read(1)];
  return {
    result,
    stop: async () => {
      stopping.abort();
      try {
        await Promise.all(running);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      return result;
    },
  };
};
