// `npm run data-service`: writes the description of `person.identification.v1` from the registry's table of facts. A spec compares them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { personRegistry } from '../libs/topology/dist/index.js';
import { describeIdentification } from '../services/person-registry/dist/src/person/identification-description.js';
import { runTool } from './build-step.mjs';
import { ROOT } from './versions.mjs';

const path = `services/${personRegistry.name}/data-service.json`;
const file = join(ROOT, path);
writeFileSync(file, JSON.stringify(describeIdentification()));
await runTool('biome', ['format', '--write', file]);
console.log(`written ${path}`);
