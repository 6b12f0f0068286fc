export * from './receipt-key.settings.js';
export * from './source.controller.js';
