import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ask } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import type { WholeMesh } from './whole-mesh.js';

/** The references of the questions whose receipts a source of the demo has kept. */
export const keptReferences = (mesh: WholeMesh, source: 'wages-source' | 'statuses-source'): string[] => {
  const folder = join(mesh.local.folder.path, `${source}-receipts`);
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'));
  return lines.map((line) => {
    const { ask } = JSON.parse(line) as { readonly ask: string };
    return referenceOf(Buffer.from(ask, 'base64'));
  });
};

/** Of the question to the source of a data service, by the copy that the customer got. */
export const askedReference = ({ results }: ConsultResponse, dataService: string): string =>
  referenceOf(results.find((one) => one.dataService === dataService)?.release?.ask ?? Buffer.alloc(0));

const referenceOf = (ask: Buffer): string => Ask.decode(ask).reference.toString('hex');
