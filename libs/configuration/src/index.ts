export {
  type CallContext,
  callContext,
  inCallContext,
  type Lane,
  LANES,
  NobodyWaits,
  sharedContext,
} from './call-context.js';
export {
  AddressSettings,
  BrokerSettings,
  BusSettings,
  DatabaseSettings,
  GrpcSettings,
  HealthSettings,
  InstitutionSettings,
  KeySettings,
  MeshSettings,
  SubjectKeySettings,
  TelemetrySettings,
} from './mesh.settings.js';
export { type IdentityPaths, type Pems, RenewedFiles } from './renewed-files.js';
export { Clock, ReadinessChecks, ServiceIdentity, ServiceModule, type ServiceModuleOptions } from './service.module.js';
export {
  type AnySettings,
  addressSetting,
  BadConfiguration,
  checkSettings,
  type DescribedSetting,
  describeSettings,
  fileSetting,
  metaOf,
  oneOfSetting,
  postgresUrlSetting,
  ratioSetting,
  type SettingsClass,
  type Shape,
  settingsOf,
  textSetting,
  urlSetting,
  wholeNumberSetting,
} from './settings.js';
export { settingsTable, withSettings } from './settings-table.js';
export { answersInTime, TimedOut, withTimeout } from './with-timeout.js';
