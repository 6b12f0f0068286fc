export * from './document-store.js';
export * from './document-store.module.js';
export * from './document-store.settings.js';
export * from './file-document-store.js';
export * from './sealed-document-store.js';
