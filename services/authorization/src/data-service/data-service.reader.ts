import type {
  DataService as DataServiceMessage,
  FieldGroup as FieldGroupMessage,
  Reporter as ReporterMessage,
  Supplier as SupplierMessage,
} from '@crossroads/contracts/authorization/v1/policy';
import { type Read, readEnterpriseNumber, readList } from '@crossroads/grpc';
import {
  distinct,
  invalid,
  missing,
  readAll,
  readDataServiceName,
  readFieldGroupName,
  readMatching,
  readPublicText,
  valid,
} from '../policy/fields.js';
import type { DataService, FieldGroup } from '../policy/policy-entities.js';
import { readJsonSchema } from './json-schema.reader.js';

const SEGMENT = /^[A-Za-z_$][A-Za-z0-9_$-]{0,99}$/;
const MAX_GROUPS = 200;
const MAX_PATHS = 500;
const MAX_SEGMENTS = 32;
const MAX_REPORTERS = 100;
const MAX_DEADLINE_MS = 60_000;
const SERVICE = /^service:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const readDataService = (raw: DataServiceMessage | undefined): Read<DataService> => {
  if (!raw) return missing('data_service', 'the data service');
  const groups = readList('data_service.field_groups', raw.fieldGroups, { max: MAX_GROUPS }, readFieldGroup);
  const reporters = readList(
    'data_service.reporters',
    raw.reporters,
    { min: 0, max: MAX_REPORTERS },
    (field, reporter) => readReporter(field, reporter, new Set(raw.fieldGroups.map(({ name }) => name))),
  );
  return readAll<DataService>({
    name: readDataServiceName('data_service.data_service', raw.dataService),
    title: readPublicText('data_service.title', raw.title, 200),
    jsonSchema: readJsonSchema('data_service.json_schema', raw.jsonSchema),
    fieldGroups: distinct('data_service.field_groups', groups, ({ name }) => name),
    supplier: readSupplier('data_service.supplier', raw.supplier),
    reporters: distinct('data_service.reporters', reporters, ({ enterpriseNumber }) => enterpriseNumber),
  });
};

const readFieldGroup = (field: string, { name, paths }: FieldGroupMessage): Read<FieldGroup> =>
  readAll<FieldGroup>({
    name: readFieldGroupName(`${field}.name`, name),
    paths: distinct(`${field}.paths`, readList(`${field}.paths`, paths, { max: MAX_PATHS }, readPath), String),
  });

const readPath = (field: string, raw: string): Read<string> => {
  const segments = raw.split('.');
  const sound =
    segments.length <= MAX_SEGMENTS && segments.every((segment) => SEGMENT.test(segment) && segment !== '__proto__');
  return sound
    ? valid(raw)
    : invalid(
        field,
        'MALFORMED_PATH',
        'names joined by dots, for example wages.employer.name; arrays are walked through',
      );
};

const readReporter = (
  field: string,
  { enterpriseNumber, fieldGroups }: ReporterMessage,
  known: ReadonlySet<string>,
): Read<DataService['reporters'][number]> =>
  readAll<DataService['reporters'][number]>({
    enterpriseNumber: readEnterpriseNumber(`${field}.enterprise_number`, enterpriseNumber),
    fieldGroups: readList(`${field}.field_groups`, fieldGroups, { max: MAX_GROUPS }, (at, name) =>
      known.has(name) ? valid(name) : invalid(at, 'UNKNOWN_FIELD_GROUP', 'this data service has no such field group'),
    ),
  });

const readSupplier = (field: string, raw: SupplierMessage | undefined): Read<DataService['supplier']> => {
  if (!raw) return missing(field, 'who is asked');
  const { source, address, deadlineMs } = raw;
  return readAll<DataService['supplier']>({
    source: source.startsWith('service:')
      ? readMeshService(`${field}.source`, source)
      : readEnterpriseNumber(`${field}.source`, source),
    address: readMatching(`${field}.address`, address, /^[^\s:/]{1,253}:\d{1,5}$/, 'MALFORMED_ADDRESS', 'host:port'),
    deadlineMs:
      deadlineMs >= 0 && deadlineMs <= MAX_DEADLINE_MS
        ? valid(deadlineMs)
        : invalid(`${field}.deadline_ms`, 'INVALID_DEADLINE', `0 (2,000 ms) to ${MAX_DEADLINE_MS} ms`),
  });
};

const readMeshService = (field: string, raw: string): Read<string> =>
  readMatching(field, raw, SERVICE, 'MALFORMED_SOURCE', 'an enterprise number, or service:<name>');
