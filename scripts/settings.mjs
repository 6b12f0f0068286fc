// `npm run settings`: writes the table of settings into the README of each service. A spec (tests/operations) compares them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeSettings, withSettings } from '../libs/configuration/dist/index.js';
import { SERVICES } from '../libs/topology/dist/index.js';
import { ROOT } from './versions.mjs';

for (const service of SERVICES) {
  const file = join(ROOT, 'services', service, 'README.md');
  const source = join(ROOT, 'services', service, 'dist', 'src');
  const settings = existsSync(join(source, 'service.js'))
    ? await import(pathToFileURL(join(source, 'service.js')).href).then(({ service: { needed, defaults } }) =>
        describeSettings(needed, defaults),
      )
    : (await import(pathToFileURL(join(source, 'config.js')).href)).settings;
  const before = readFileSync(file, 'utf8');
  const after = withSettings(before, settings);
  if (after !== before) writeFileSync(file, after);
  console.log(`${after === before ? 'as it was' : 'written  '} services/${service}/README.md`);
}
