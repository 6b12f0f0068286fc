export * from './mesh-settings.js';
export * from './setting.js';
