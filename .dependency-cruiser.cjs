// What may import what, on the built JavaScript: what an import of types alone leaves no trace of, costs nothing at run time.
// (dependency-cruiser reads TypeScript through the compiler's old programming interface, which version 7 no longer has.)
const DOMAIN = '^services/[^/]+/dist/src/domain/';
const SPECS = '\\.(spec|examples|bench)\\.js$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'pure-domain',
      comment: 'A domain imports nothing that can wait, fail or tell the time.',
      severity: 'error',
      from: { path: DOMAIN, pathNot: SPECS },
      to: {
        pathNot: [
          DOMAIN,
          '^libs/eventsourcing/dist/(decider|errors)\\.js$',
          '^libs/identifiers/dist/',
          '^libs/policy/dist/(decide|cut|policy|compiled-grant|data-service|index)\\.js$',
        ],
      },
    },
    {
      name: 'pure-domain-is-its-own',
      comment: 'The domain of one service knows nothing of another.',
      severity: 'error',
      from: { path: '^services/([^/]+)/dist/src/domain/' },
      to: { path: '^services/[^/]+/', pathNot: '^services/$1/' },
    },
    {
      name: 'services-do-not-import-services',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    { name: 'libs-do-not-import-services', severity: 'error', from: { path: '^libs/' }, to: { path: '^services/' } },
    {
      name: 'production-does-not-import-tools',
      comment: 'The one-machine mesh and the test library never reach production.',
      severity: 'error',
      from: { path: '^services/[^/]+/dist/src/', pathNot: SPECS },
      to: { path: '^libs/(local|testing)/' },
    },
    {
      name: 'kafkajs-in-one-place',
      comment:
        'So that another client can take its place; the local mesh administers Kafka, the command line reads it.',
      severity: 'error',
      from: {
        path: '^(services|libs)/',
        pathNot: ['^libs/(messaging|local|testing|client)/', SPECS, '^services/[^/]+/dist/test/'],
      },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'layers-of-grpc',
      comment:
        'server, client and request do not know each other, nor what is built on them; errors and identity know none of them.',
      severity: 'error',
      from: { path: '^libs/grpc/dist/(errors|identity|server|client|request)/', pathNot: SPECS },
      to: { path: '^libs/grpc/dist/(server|client|request|nest)/', pathNot: '^libs/grpc/dist/$1/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^typeorm$' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^libs/contracts/dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
