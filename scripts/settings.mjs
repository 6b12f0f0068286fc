// `npm run settings`: writes the table of settings into the README of each service. A spec (tests/operations) compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withSettings } from '../libs/configuration/dist/index.js';
import { SERVICES } from '../libs/topology/dist/index.js';
import { ROOT } from './versions.mjs';

for (const service of SERVICES) {
  const file = join(ROOT, 'services', service, 'README.md');
  const config = pathToFileURL(join(ROOT, 'services', service, 'dist', 'src', 'config.js')).href;
  const { settings } = await import(config);
  const before = readFileSync(file, 'utf8');
  const after = withSettings(before, settings);
  if (after !== before) writeFileSync(file, after);
  console.log(`${after === before ? 'as it was' : 'written  '} services/${service}/README.md`);
}
