export * from './certificates.js';
export * from './databases.js';
export * from './failure.js';
export * from './ports.js';
export * from './postgres.js';
export * from './process-identity.js';
export * from './supervised.js';
