// Makes the contracts: buf's output, with codecs that write into one scratch buffer (libs/wire) instead of one for each message.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, runTool } from './build-step.mjs';
import { ROOT } from './versions.mjs';

const contracts = join(ROOT, 'libs', 'contracts');

/** Text of ts-proto's output, and what stands there instead. */
const REPLACEMENTS = [
  [
    'import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";',
    'import { BinaryReader, type BinaryWriter } from "@bufbuild/protobuf/wire";\nimport { scratchWriter } from "@crossroads/wire";',
  ],
  ['writer: BinaryWriter = new BinaryWriter()', 'writer: BinaryWriter = scratchWriter()'],
  // It is a Buffer already.
  [/Buffer\.from\((\w+\.encode\(value\)\.finish\(\))\)/g, '$1 as Buffer'],
];

await runTool('buf', ['generate'], { cwd: join(ROOT, 'proto') });
await runTool('buf', ['build', '-o', join(contracts, 'descriptors.binpb')], { cwd: join(ROOT, 'proto') });

for (const file of filesIn([join(contracts, 'src')])) {
  const generated = readFileSync(file, 'utf8');
  const written = REPLACEMENTS.reduce((text, [from, to]) => text.replaceAll(from, to), generated);
  if (/new BinaryWriter\(|Buffer\.from\([^)]*encode\(/.test(written))
    throw new Error(`${file} is not what ts-proto wrote before`);
  writeFileSync(file, written);
}
