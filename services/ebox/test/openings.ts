import { createHash } from 'node:crypto';
import { Ask, Behind, Outcome } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { DocumentProvider } from '@crossroads/contracts/authorization/v1/policy';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { type DocumentQuery, documentService } from '@crossroads/document';
import { allPublished, spkiHash, type TestMesh } from '@crossroads/testing/mesh';
import type { DocumentContent } from '../src/message/message-content.js';
import { documentOf } from './mail.js';

/** A step of the journal, as access-audit reads it. */
export interface Opening {
  readonly step: string;
  readonly journalId: string;
  readonly personId: string;
  readonly sequence: bigint;
  readonly data: Uint8Array;
  readonly ask: Ask | undefined;
  readonly behind: Behind | undefined;
  readonly outcome: Outcome | undefined;
}

/** The journal of openings from the beginning. */
export const openingsOf = async (mesh: TestMesh, port: number): Promise<Opening[]> => {
  const events = mesh.connect(EventsServiceService, port, await mesh.serviceCertificate('access-audit'));
  const openings: Opening[] = [];
  for (const { event } of await allPublished(events, 'crossroads.access.ebox.v1')) {
    const { data, key: journalId } = event;
    const step = event.type.slice(event.type.lastIndexOf('.') + 1);
    const codec = { opened: AccessJournaled, intended: AccessIntended, concluded: AccessConcluded }[step];
    if (!codec) throw new Error(`no such step: ${step}`);
    const { personId, releases } = codec.decode(data);
    const [release] = releases;
    if (!release || releases.length > 1) throw new Error('an opening is one release');
    const { ask, behind, outcome } = release;
    openings.push({
      step,
      journalId,
      personId,
      sequence: BigInt(event.sequence),
      data,
      ask: ask.length > 0 ? Ask.decode(ask) : undefined,
      behind: behind.length > 0 ? Behind.decode(behind) : undefined,
      outcome: outcome.length > 0 ? Outcome.decode(outcome) : undefined,
    });
  }
  events.close();
  return openings;
};

/** A registered provider of one document, of which it sends two parts at once and the last one when it is told to. */
export class SlowProvider {
  readonly asked: DocumentQuery[] = [];
  readonly content = Buffer.from('%PDF-1.7 the content of a document');
  readonly document: DocumentContent = documentOf(this.content);
  /** What it sends, also instead of what was published. */
  sent = this.content;
  private held: Promise<void> = Promise.resolve();

  static async start(mesh: TestMesh, enterpriseNumber: string): Promise<SlowProvider> {
    const provider = new SlowProvider();
    const tls = await mesh.register(enterpriseNumber);
    const service = documentService({
      provider: enterpriseNumber,
      receipts: mesh.receipts,
      open: async (query) => {
        provider.asked.push(query);
        const { content } = provider;
        const sha256 = createHash('sha256').update(content).digest();
        return { mediaType: 'application/pdf', size: content.length, sha256, content: provider.parts() };
      },
    });
    const server = await mesh.serve('provider', tls, service);
    const registered = { address: `127.0.0.1:${server.port}`, serverSpkiHashes: [spkiHash(tls)], apiVersions: ['v1'] };
    const value = DocumentProvider.fromPartial({ enterpriseNumber, ...registered });
    mesh.policy.put({ $case: 'documentProvider', value });
    return provider;
  }

  /** Sends no last part until what is returned is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.held = promise;
    return resolve;
  }

  private async *parts(): AsyncGenerator<Uint8Array> {
    const { sent } = this;
    yield sent.subarray(0, 8);
    yield sent.subarray(8, 16);
    await this.held;
    yield sent.subarray(16);
  }
}
