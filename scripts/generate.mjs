// Makes the contracts: TypeScript and descriptors, by buf.
import { join } from 'node:path';
import { tool } from './step.mjs';
import { ROOT } from './versions.mjs';

const proto = { cwd: join(ROOT, 'proto') };

await tool('buf', ['generate'], proto);
await tool('buf', ['build', '-o', join(ROOT, 'libs', 'contracts', 'descriptors.binpb')], proto);
