import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { GetSchemasResponse } from '@crossroads/contracts/subscription/v1/subscription_service';
import { asyncApiOf } from './async-api.js';
import { descriptorsOfDeliveries, registryOf } from './descriptors.js';
import { schemasOf } from './json-schema.js';

let made: GetSchemasResponse | undefined;

/** Made once: they do not change while the process runs. */
export const schemas = (): GetSchemasResponse => (made ??= make());

const make = (): GetSchemasResponse => {
  const descriptors = descriptorsOfDeliveries();
  const delivery = registryOf(descriptors).getMessage('crossroads.delivery.v1.Delivery');
  if (!delivery) throw new TypeError('the descriptors lack the delivery');
  const definitions = schemasOf(delivery, (name) => `#/$defs/${name}`);
  const jsonSchema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $ref: `#/$defs/${delivery.name}`,
    $defs: Object.fromEntries(definitions),
  };
  return {
    asyncApi: JSON.stringify(asyncApiOf(delivery), null, 2),
    descriptors: Buffer.from(toBinary(FileDescriptorSetSchema, descriptors)),
    jsonSchema: JSON.stringify(jsonSchema, null, 2),
  };
};
