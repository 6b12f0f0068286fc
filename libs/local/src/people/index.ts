export * from './data-services.js';
export * from './demo-people.js';
export * from './person-folder.js';
export * from './population.js';
export type { SourceFile } from './source-file.js';
export * from './statuses.js';
export * from './wages.js';
