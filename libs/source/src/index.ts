export * from './receipts/file-receipt-store.js';
export * from './receipts/postgres-receipt-store.js';
export * from './receipts/receipt-check.js';
export * from './receipts/receipt-store.js';
export * from './source-server.js';
