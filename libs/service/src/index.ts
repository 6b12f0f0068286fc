export * from './define-service.js';
export * from './mesh.module.js';
export * from './run-service.js';
