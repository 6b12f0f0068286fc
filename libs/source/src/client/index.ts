export * from './data-schemas.js';
export * from './json.js';
export * from './source-batcher.js';
export * from './source-client.js';
export * from './source-failure.js';
