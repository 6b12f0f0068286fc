export * from './commitment.js';
export * from './receipt-key.js';
export * from './receipt.js';
