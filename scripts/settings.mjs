// `npm run settings`: writes the table of settings into the README of each service. A spec (tests/operations) compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeSettings, withSettings } from '../libs/configuration/dist/index.js';
import { SERVICES } from '../libs/topology/dist/index.js';
import { ROOT } from './versions.mjs';

for (const name of SERVICES) {
  const folder = join(ROOT, 'services', name);
  const { service } = await import(pathToFileURL(join(folder, 'dist/src/service.js')).href);
  const before = readFileSync(join(folder, 'README.md'), 'utf8');
  const after = withSettings(before, describeSettings(service.needed, service.defaults));
  if (after !== before) writeFileSync(join(folder, 'README.md'), after);
  console.log(`${after === before ? 'unchanged' : 'written  '} services/${name}/README.md`);
}
