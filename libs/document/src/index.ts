export * from './document-server.js';
export * from './receipt-check.js';
