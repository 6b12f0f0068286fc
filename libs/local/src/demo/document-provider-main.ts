import 'reflect-metadata';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { contentOf, digestOf } from '@crossroads/client';
import { checkSettings, GrpcSettings, MeshSettings, settingsOf, textSetting } from '@crossroads/configuration';
import { documentService, type OpenedDocument } from '@crossroads/document';
import { startServer } from '@crossroads/grpc';
import { ReceiptKeySettings } from '@crossroads/source/nest';

class DocumentProviderSettings extends settingsOf({
  DOCUMENTS: textSetting('folder of its documents'),
  PROVIDER: textSetting('its enterprise number'),
}) {}

/** A document provider of the demo. It serves the files of a folder, each only against a receipt of the eBox. */
checkSettings([MeshSettings, GrpcSettings, ReceiptKeySettings, DocumentProviderSettings]);
const [mesh, grpc, settings] = [new MeshSettings(), new GrpcSettings(), new DocumentProviderSettings()];

/** Never leads out of the folder. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const openFile = async (documentId: string): Promise<OpenedDocument | undefined> => {
  if (!FILE_NAME.test(documentId)) return undefined;
  const path = join(settings.DOCUMENTS, documentId);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { size, sha256 } = await digestOf(path);
  const mediaType = documentId.endsWith('.pdf') ? 'application/pdf' : 'application/octet-stream';
  return { mediaType, size: Number(size), sha256, content: contentOf(path) };
};

const server = await startServer({
  ...mesh.connection,
  host: grpc.GRPC_HOST,
  port: grpc.MESH_PORT,
  domain: 'document.crossroads',
  services: [
    documentService({
      provider: settings.PROVIDER,
      receipts: new ReceiptKeySettings().accepted(),
      open: ({ documentId }) => openFile(documentId),
    }),
  ],
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void server.stop().then(() => process.exit(0)));
