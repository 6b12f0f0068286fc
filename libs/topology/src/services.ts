/** Every service of the mesh, in the order in which a reader would meet them. */
export const SERVICES = [
  'authorization',
  'person-registry',
  'reference-directory',
  'exchange',
  'subscription',
  'access-audit',
] as const;

export type ServiceName = (typeof SERVICES)[number];

export const isServiceName = (name: string): name is ServiceName => SERVICES.some((service) => service === name);
