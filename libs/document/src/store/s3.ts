// An entry of its own, so that the SDK of S3 is loaded only where a bucket is configured.
export { S3Archive } from './s3-archive.js';
export { S3DocumentStore } from './s3-document-store.js';
