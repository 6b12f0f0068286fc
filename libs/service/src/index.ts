export * from './define-service.js';
export type { Needs } from './needs.js';
export * from './mesh.module.js';
export * from './run-service.js';
export type { ViewOfLog, ViewOfTopic } from './views.js';
