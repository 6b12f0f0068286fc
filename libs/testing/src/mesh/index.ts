export * from './bus.js';
export * from './link.js';
export * from './policy-feed.js';
export * from './publisher.js';
export * from './service-process.js';
export * from './socket-pairs.js';
