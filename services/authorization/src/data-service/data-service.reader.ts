import { fields } from '@crossroads/grpc';
import { z } from 'zod';
import {
  dataServiceName,
  deadlineMs,
  distinctList,
  fieldGroupName,
  hostAndPort,
  matching,
  publicText,
} from '../policy/fields.js';
import { jsonSchema } from './json-schema.reader.js';

const SEGMENT = /^[A-Za-z_$][A-Za-z0-9_$-]{0,99}$/;
const MAX_GROUPS = 200;
const MAX_PATHS = 500;
const MAX_SEGMENTS = 32;
const MAX_REPORTERS = 100;

const path = fields.field((raw: string, refuse): string => {
  const segments = raw.split('.');
  const valid =
    segments.length <= MAX_SEGMENTS && segments.every((segment) => SEGMENT.test(segment) && segment !== '__proto__');
  return valid
    ? raw
    : refuse('MALFORMED_PATH', 'names joined by dots, for example wages.employer.name; arrays are walked through');
});

const fieldGroup = fields.message({ name: fieldGroupName, paths: distinctList(path, { max: MAX_PATHS }) });

const meshService = matching(
  /^service:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  'MALFORMED_SOURCE',
  'an enterprise number, or service:<name>',
);

const supplier = fields.message(
  {
    source: fields.byValue(
      (raw: string): z.ZodType<string, string> => (raw.startsWith('service:') ? meshService : fields.enterpriseNumber),
    ),
    address: hostAndPort,
    deadlineMs: deadlineMs('2,000 ms'),
  },
  'who is asked',
);

const reporter = fields.message({
  enterpriseNumber: fields.enterpriseNumber,
  /** Of this data service: compared with its groups below. */
  fieldGroups: fields.list(z.string(), { max: MAX_GROUPS }),
});

export const dataServiceSchema = fields
  .message(
    {
      dataService: dataServiceName,
      title: publicText(200),
      jsonSchema,
      fieldGroups: distinctList(fieldGroup, { max: MAX_GROUPS }, ({ name }) => name),
      supplier,
      reporters: distinctList(reporter, { min: 0, max: MAX_REPORTERS }, ({ enterpriseNumber }) => enterpriseNumber),
    },
    'the data service',
  )
  .transform(({ dataService: name, ...service }, context) => {
    const known = new Set(service.fieldGroups.map((group) => group.name));
    for (const [index, { fieldGroups }] of service.reporters.entries()) {
      const unknown = fieldGroups.findIndex((group) => !known.has(group));
      if (unknown >= 0)
        return fields.refuseAt(
          context,
          ['reporters', index, 'fieldGroups', unknown],
          'UNKNOWN_FIELD_GROUP',
          'this data service has no such field group',
        );
    }
    return { name, ...service };
  });
