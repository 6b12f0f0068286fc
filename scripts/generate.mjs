// Makes the contracts: TypeScript and descriptors, by buf.
import { join } from 'node:path';
import { runTool } from './build-step.mjs';
import { ROOT } from './versions.mjs';

const proto = { cwd: join(ROOT, 'proto') };

await runTool('buf', ['generate'], proto);
await runTool('buf', ['build', '-o', join(ROOT, 'libs', 'contracts', 'descriptors.binpb')], proto);
