export * from './limit-settings.js';
export * from './mesh-settings.js';
export * from './renewed-files.js';
export * from './setting.js';
export * from './settings-table.js';
export * from './telemetry-settings.js';
