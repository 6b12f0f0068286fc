export * from './receipt.settings.js';
export * from './receipt-signer.js';
