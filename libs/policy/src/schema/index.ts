export * from './compile-schema.js';
export * from './profile.js';
export * from './read-schema.js';
export * from './schema-of-paths.js';
