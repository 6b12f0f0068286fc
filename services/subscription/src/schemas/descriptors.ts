import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const ROOTS = ['crossroads/subscription/v1/subscription_service.proto', 'crossroads/delivery/v1/delivery.proto'];

/** The files of this service's messages and of all that they import, each behind its imports. */
export const descriptorsOfDeliveries = (): FileDescriptorSet => {
  const path = createRequire(import.meta.url).resolve('@crossroads/contracts/descriptors.binpb');
  const { file: all } = fromBinary(FileDescriptorSetSchema, readFileSync(path));
  const byName = new Map(all.map((file) => [file.name, file]));
  const needed = new Set<string>();
  const add = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const imported of byName.get(name)?.dependency ?? []) add(imported);
  };
  for (const root of ROOTS) add(root);
  return create(FileDescriptorSetSchema, { file: all.filter(({ name }) => needed.has(name)) });
};

export const registryOf = (descriptors: FileDescriptorSet): FileRegistry => createFileRegistry(descriptors);
