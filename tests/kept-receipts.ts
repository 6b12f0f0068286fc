import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import type { WholeMesh } from './whole-mesh.js';

/** The tickets of the accesses whose receipts a source of the demo has kept. */
export const keptTickets = (mesh: WholeMesh, source: 'wages-source' | 'statuses-source'): string[] => {
  const folder = join(mesh.local.folder.path, `${source}-receipts`);
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'));
  return lines.map((line) => {
    const { record } = JSON.parse(line) as { readonly record: string };
    return AccessRecord.decode(Buffer.from(record, 'base64')).ticket;
  });
};
