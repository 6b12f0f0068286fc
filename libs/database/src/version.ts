import { createRequire } from 'node:module';

const own: unknown = createRequire(import.meta.url)('../package.json');

/** Of this release: all packages of the project have the same. */
export const VERSION = String(Reflect.get(Object(own), 'version'));
