import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

const HEALTH = 'grpc.health.v1.Health';

/** Lets grpcurl and the like list and describe what a server serves (grpc.reflection.v1 and v1alpha). */
export const addReflection = (server: Server, services: readonly string[]): void => {
  const file = createRequire(import.meta.url).resolve('@crossroads/contracts/descriptors.binpb');
  // The files as buf wrote them: proto-loader would merge the files of a package, and lose which file declares a name.
  const all = {
    format: 'Protocol Buffer 3 DescriptorProto' as const,
    type: {},
    fileDescriptorProtos: filesOf(readFileSync(file)),
    // Required by the type of a definition, and never called.
    serialize: () => Buffer.alloc(0),
    deserialize: () => ({}),
  };
  new ReflectionService({ all }, { services: [...services, HEALTH] }).addToServer(server);
};

const FILE = 1;

/** The encoded `FileDescriptorProto`s of an encoded `FileDescriptorSet`. */
const filesOf = (set: Uint8Array): Buffer[] => {
  const reader = new BinaryReader(set);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILE) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType);
  }
  return files;
};
