import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { documentFolder, numberOf } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import type { Portal } from './portal.js';
import type { WholeMesh } from './whole-mesh.js';

/** The document provider of the demo. */
export const PROVIDER = 'pension-office';

/** Puts a document where the provider keeps its own. */
export const providedDocument = (mesh: WholeMesh, content: string, name = 'decision.pdf'): Document => {
  const documentId = `${randomUUID()}.pdf`;
  writeFileSync(join(documentFolder(mesh.local), documentId), content);
  return Document.fromPartial({
    documentId,
    name,
    mediaType: 'application/pdf',
    size: BigInt(Buffer.byteLength(content)),
    sha256: createHash('sha256').update(content).digest(),
  });
};

export const messageTo = (
  ssin: string,
  documents: readonly Document[],
  more: Partial<NewMessage> = {},
): NewMessage => ({
  ...NewMessage.fromPartial({
    requestId: newRequestId(),
    sender: numberOf(PROVIDER),
    recipient: { by: { $case: 'ssin', value: ssin } },
    originalMessageId: randomUUID(),
    subject: { nl: 'Uw pensioen', fr: 'Votre pension' },
    messageType: 'PENSION_DECISION',
    documents: [...documents],
  }),
  ...more,
});

/** Opens the mailboxes of people, as soon as the directory knows them: the registry tells it by the bus. */
export const consentOf = async (portal: Portal, ssins: readonly string[]): Promise<void> => {
  for (const ssin of ssins) {
    const mail = await portal.mailOf(ssin);
    const consent = async (): Promise<boolean> => {
      try {
        return (await mail.giveConsent('MY_EBOX')) !== '';
      } catch (error) {
        if (error instanceof RemoteError && error.reason === 'UNKNOWN_SSIN') return false;
        throw error;
      }
    };
    await eventually(consent, Boolean);
  }
};
