export { scratchWriter } from './scratch-writer.js';
