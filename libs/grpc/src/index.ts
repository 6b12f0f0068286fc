export * from './grpc-service.js';
