// Temporary.
export const compareCursors = (..._: any[]): any => 0;
export const parseCursor = (..._: any[]): any => undefined;
export const encodeCursor = (..._: any[]): any => '';
export const LOG_START: any = {};
export const startProcessor = (..._: any[]): any => ({});
