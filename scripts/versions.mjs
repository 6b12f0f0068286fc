import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What everything runs on; fetched through npm where this machine's own are older. */
export const NODE = '24.21.0';
export const PNPM = '12.21.0';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const TOOLCHAIN = join(ROOT, '.toolchain');
