import { DeliveryContent, DeliveryEncoding } from '@crossroads/contracts/subscription/v1/subscription_service';
import { fields } from '@crossroads/grpc';

const MAX_FIELD_GROUPS = 100;
const MAX_NAME_LENGTH = 128;

const fieldGroups = fields
  .list(fields.text({ max: MAX_NAME_LENGTH }), { min: 0, max: MAX_FIELD_GROUPS })
  .transform((names) => [...new Set(names)]);

const content = fields.field((raw: DeliveryContent, refuse): 'data' | 'notification' => {
  if (raw === DeliveryContent.DELIVERY_CONTENT_NOTIFICATION) return 'notification';
  if (raw === DeliveryContent.DELIVERY_CONTENT_DATA || raw === DeliveryContent.DELIVERY_CONTENT_UNSPECIFIED)
    return 'data';
  return refuse('UNKNOWN_CONTENT', 'a subscription delivers data or notifications');
});

const encoding = fields.field((raw: DeliveryEncoding, refuse): 'protobuf' | 'json' => {
  if (raw === DeliveryEncoding.DELIVERY_ENCODING_JSON) return 'json';
  if (raw === DeliveryEncoding.DELIVERY_ENCODING_PROTOBUF || raw === DeliveryEncoding.DELIVERY_ENCODING_UNSPECIFIED)
    return 'protobuf';
  return refuse('UNKNOWN_ENCODING', 'deliveries are written in protobuf or in JSON');
});

/** The fields by which a subscriber chooses what is delivered, and how. */
export const deliveryOptions = { content, fieldGroups, encoding };
