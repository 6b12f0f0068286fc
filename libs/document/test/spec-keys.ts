import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileKeyProvider, generateKeyFile } from '@crossroads/privacy';

export const specKeys = async (): Promise<FileKeyProvider> => {
  const file = join(mkdtempSync(join(tmpdir(), 'crossroads-documents-')), 'keys.json');
  await generateKeyFile(file, ['documents', 'crossroads.access.ebox.v1']);
  return new FileKeyProvider(file);
};
