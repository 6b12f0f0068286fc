export * from './commitment.js';
export * from './receipt.js';
export * from './receipt-key.js';
export * from './ask-check.js';
export * from './release.js';
