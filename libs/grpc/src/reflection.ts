import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

const descriptorsFile = (): string => createRequire(import.meta.url).resolve('@crossroads/contracts/descriptors.binpb');

const HEALTH = 'grpc.health.v1.Health';

/** Lets grpcurl and the like list and describe what a server serves (grpc.reflection.v1 and v1alpha). */
export const addReflection = (server: Server, services: readonly string[]): void => {
  const descriptors = loadFileDescriptorSetFromBuffer(readFileSync(descriptorsFile()));
  new ReflectionService(descriptors, { services: [...services, HEALTH] }).addToServer(server);
};
