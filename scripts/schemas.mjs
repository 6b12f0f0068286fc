// `npm run schemas`: writes the AsyncAPI document and the JSON Schema of deliveries for users of the client, as `GetSchemas` of the
// subscription service answers them. A spec of the service compares them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemas } from '../services/subscription/dist/src/schemas/schemas.js';
import { ROOT } from './versions.mjs';

const FOLDER = 'libs/client/schemas';
const { asyncApi, jsonSchema } = schemas();

mkdirSync(join(ROOT, FOLDER), { recursive: true });
for (const [name, content] of [
  ['asyncapi.json', `${asyncApi}\n`],
  ['delivery.schema.json', `${jsonSchema}\n`],
]) {
  writeFileSync(join(ROOT, FOLDER, name), content);
  console.log(`written  ${FOLDER}/${name}`);
}
