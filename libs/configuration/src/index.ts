export * from './limit-settings.js';
export * from './mesh-settings.js';
export * from './setting.js';
