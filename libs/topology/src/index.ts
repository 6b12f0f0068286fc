export * from './arrows.js';
export * from './holdings.js';
export * from './kafka-grants.js';
export * from './rpcs.js';
export * from './services.js';
export * from './topics.js';
