// `npm run topology`: writes what the chart and the Tiltfile know of the mesh, from libs/topology. A spec (tests/charts) compares them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { chartTopology } from '../libs/topology/dist/index.js';
import { ROOT } from './versions.mjs';

const FILE = 'charts/mesh/files/topology.yaml';
const HEAD = '# Generated from libs/topology by `npm run topology`. Do not edit.\n';

writeFileSync(join(ROOT, FILE), HEAD + stringify(chartTopology(), { lineWidth: 0 }));
console.log(`written  ${FILE}`);
