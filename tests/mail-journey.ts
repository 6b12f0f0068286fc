import { rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uploadDocument } from '@crossroads/client';
import { Language } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { RemoteError } from '@crossroads/grpc';
import { documentFolder } from '@crossroads/local';
import { consentOf, messageTo, PROVIDER, providedDocument } from './mail.js';
import type { Portal } from './portal.js';
import type { WholeMesh } from './whole-mesh.js';

/** Texts of a message that only its owner and its provider may see. They occur nowhere else in the mesh. */
export const MAIL_TEXTS = {
  subject: 'Kwikstaartpensioen',
  fileName: 'Zilverbriefje.pdf',
  address: 'zephyrinus@postduif.example',
  label: 'Mijnlievedochter',
  content: 'Perelmoerbesluit',
} as const;

/** Each of them with what it is. */
export const MAIL_TERMS = Object.entries(MAIL_TEXTS).map(([what, text]) => ({ what: `${what} of mail`, text }));

/** What came of the calls that had to be refused: everything that the caller sees of an error. */
export type Refusals = readonly string[];

/**
 * Uses every function of the eBox that stores, sends or logs something, also with input that is refused. The owner has consented afterwards,
 * the other person has not.
 */
export const mailJourney = async (
  mesh: WholeMesh,
  portal: Portal,
  { owner, delegate }: { readonly owner: string; readonly delegate: string },
): Promise<Refusals> => {
  const refusals: string[] = [];
  const refused = async (call: Promise<unknown>): Promise<void> => {
    const error: unknown = await call.then(
      () => undefined,
      (failed: unknown) => failed,
    );
    if (!(error instanceof RemoteError)) throw new Error('not refused', { cause: error });
    refusals.push(JSON.stringify([error.message, error.reason, error.metadata, error.violations]));
  };
  const { publications } = mesh.as(PROVIDER);
  const publish = async (ssin: string, ...documents: Parameters<typeof messageTo>[1]): Promise<string> => {
    const message = messageTo(ssin, documents, { subject: { nl: MAIL_TEXTS.subject, fr: '', de: '', en: '' } });
    return (await publications.publishMessage({ message })).messageId;
  };

  await consentOf(portal, [owner]);
  const mail = await portal.mailOf(owner);
  await mail.changePreferences({
    language: Language.LANGUAGE_FR,
    exclusivelyEbox: true,
    notificationAddress: MAIL_TEXTS.address,
  });
  const delegationId = await mail.addDelegate({ ssin: delegate, label: MAIL_TEXTS.label });

  const provided = providedDocument(mesh, MAIL_TEXTS.content, MAIL_TEXTS.fileName);
  const file = join(tmpdir(), `crossroads-mail-${process.pid}`);
  writeFileSync(file, MAIL_TEXTS.content);
  try {
    const uploaded = await uploadDocument(publications, file, {
      mediaType: 'application/pdf',
      name: MAIL_TEXTS.fileName,
    });
    const messageId = await publish(owner, provided, uploaded);
    for await (const found of mail.messages({ words: MAIL_TEXTS.subject }))
      if (found.messageId !== messageId) throw new Error('a message that has not these words');
    await mail.open(messageId);
    for (const { documentId } of [provided, uploaded]) await mail.download({ messageId, documentId }, file);
    await mail.mark(messageId, false);
    await mail.hide(messageId, true);

    unlinkSync(join(documentFolder(mesh.local), provided.documentId));
    await refused(mail.download({ messageId, documentId: provided.documentId }, file));
  } finally {
    rmSync(file, { force: true });
  }

  await refused(publish(delegate, provided));
  const wrong = messageTo(MAIL_TEXTS.subject, [{ ...provided, name: `../${MAIL_TEXTS.fileName}`, mediaType: owner }], {
    requestId: owner,
    originalMessageId: `${owner}\n`,
    messageType: MAIL_TEXTS.subject,
    sender: owner,
  });
  await refused(publications.publishMessage({ message: wrong }));
  await refused(mail.open(MAIL_TEXTS.subject));
  await refused(mail.giveConsent(`${owner} ${MAIL_TEXTS.address}`));
  await refused(mail.addDelegate({ ssin: MAIL_TEXTS.address, label: MAIL_TEXTS.label.repeat(9) }));
  await refused(portal.mailOf(delegate).then((other) => other.open(delegationId)));
  await mail.removeDelegate(delegationId);
  return refusals;
};
