export * from './receipt-check.js';
export * from './source-server.js';
