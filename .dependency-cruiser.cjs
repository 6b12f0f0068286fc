// What may import what, on the built JavaScript: an import of types alone leaves no trace there and costs nothing at run time.
// (dependency-cruiser reads TypeScript through the compiler's old programming interface, which version 7 no longer has.)
// tests/architecture sees each rule refuse something.
const SERVICE = '^services/([^/]+)/dist/src/';
const SPECS = '\\.(spec|examples|bench|contract)\\.js$|/dist/test/|/test/dist/';

/** Suffixes of files that only their own feature uses. */
const PRIVATE = ['controller', 'consumer', 'publisher', 'job', 'repository', 'entity', 'migration', 'settings', 'page'];
/** Of these a controller takes those of each feature whose requests it receives. */
const OF_REQUESTS = ['pipe', 'guard'];
const PURE = ['decider', 'rules'];
const OTHERS = [
  ...[
    'client',
    'commands',
    'codec',
    'reader',
    'message',
    'module',
    'texts',
    'interceptor',
    'filter',
    'middleware',
    'decorator',
  ],
  ...['spec', 'examples', 'bench'],
];

const suffix = (...names) => `\\.(${names.join('|')})\\.js$`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'pure-rules',
      comment: 'Deciders and rules import nothing that can wait, fail or tell the time.',
      severity: 'error',
      from: { path: `^services/.*${suffix(...PURE)}` },
      to: {
        pathNot: [
          `^services/.*${suffix(...PURE)}`,
          '^libs/(identifiers|topology)/dist/',
          '^libs/grpc/dist/errors/failures\\.js$',
          '^libs/eventsourcing/dist/(decider|errors)\\.js$',
          '^libs/policy/dist/decide/',
          // Words, dates and numbers of a language, and fields of a form: they ask nobody.
          '^services/portal/dist/src/(text/|page/form-input\\.js$)',
        ],
      },
    },
    {
      name: 'decisions-know-no-transport',
      comment:
        'Deciders and rules import @crossroads/policy/decide, which must not bring a transport or a framework along.',
      severity: 'error',
      from: { path: '^libs/policy/dist/decide/', pathNot: SPECS },
      to: { pathNot: ['^libs/policy/dist/decide/', '^libs/identifiers/dist/', '^libs/contracts/dist/'] },
    },
    {
      name: 'into-another-feature',
      comment: 'What takes part in a feature by its role is its own; other features use what it offers.',
      severity: 'error',
      from: { path: `${SERVICE}([^/]+)/`, pathNot: SPECS },
      to: { path: `^services/$1/dist/src/[^/]+/.*${suffix(...PRIVATE)}`, pathNot: `^services/$1/dist/src/$2/` },
    },
    {
      name: 'pipes-and-guards-for-controllers',
      comment: 'A pipe or guard of another feature is for a controller that receives requests for it.',
      severity: 'error',
      from: { path: `${SERVICE}([^/]+)/`, pathNot: [suffix('controller', 'module'), SPECS] },
      to: { path: `^services/$1/dist/src/[^/]+/.*${suffix(...OF_REQUESTS)}`, pathNot: `^services/$1/dist/src/$2/` },
    },
    {
      name: 'nobody-imports-controllers',
      comment: 'A controller is where a request comes in; only its module names it.',
      severity: 'error',
      from: { pathNot: [suffix('module'), SPECS] },
      to: { path: `^services/.*${suffix('controller')}` },
    },
    {
      name: 'no-entity-in-what-takes-requests',
      comment: 'Tables are behind a repository.',
      severity: 'error',
      from: { path: `^services/.*${suffix('controller', 'consumer', 'publisher', 'job', 'guard', 'pipe')}` },
      to: { path: suffix('entity') },
    },
    {
      name: 'known-suffix',
      comment: 'A file is called <name>.ts or <name>.<role>.ts, with a role of the lists above.',
      severity: 'error',
      from: {},
      to: {
        path: `${SERVICE}.*/[^/]+\\.[^/]+\\.js$`,
        pathNot: suffix(...PRIVATE, ...OF_REQUESTS, ...PURE, ...OTHERS),
      },
    },
    {
      name: 'features-in-folders',
      comment:
        'At the top of a service are its start, its module, its definition and its settings; all else is in the folder of a feature.',
      severity: 'error',
      from: {},
      to: {
        path: `${SERVICE}[^/]+\\.js$`,
        pathNot: `${SERVICE}(main|start-[a-z]+|app\\.module|service|rebuild|[a-z-]+\\.settings)\\.js$`,
      },
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
      from: { path: SERVICE, pathNot: SPECS },
      to: { path: '^libs/(local|testing)/' },
    },
    {
      name: 'typeorm-in-its-place',
      comment: 'Ordinary tables are behind repositories; everything else is SQL over libs/database.',
      severity: 'error',
      from: {
        path: '^(services|libs)/',
        pathNot: ['^libs/database/', suffix('repository', 'entity', 'migration', 'module'), SPECS],
      },
      to: { path: 'node_modules/(typeorm|@nestjs/typeorm)/' },
    },
    {
      name: 'kafkajs-in-its-place',
      comment:
        'So that another client can take its place. The local mesh administers Kafka, the command line reads it.',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: ['^libs/(messaging|local|testing|client)/', SPECS] },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'grpc-js-in-its-place',
      comment: 'Limits, identities, deadlines and errors of calls are in libs/grpc, and nowhere a second time.',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: ['^libs/(grpc|local|testing)/', SPECS] },
      to: { path: 'node_modules/@grpc/grpc-js/' },
    },
    {
      name: 'pages-in-their-place',
      comment: 'One service speaks HTTP and makes pages; what others need of HTTP is in Node.',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: ['^services/portal/', SPECS] },
      to: { path: 'node_modules/(preact|preact-render-to-string|express|@nestjs/platform-express)/' },
    },
    {
      name: 'openid-client-in-its-place',
      comment:
        'A sign-in has checks that nobody should forget; the portal and the command line take them from libs/openid.',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: ['^libs/openid/', SPECS] },
      to: { path: 'node_modules/openid-client/' },
    },
    {
      name: 'sign-in-provider-in-its-place',
      comment: 'The provider of one machine never reaches production.',
      severity: 'error',
      from: { path: '^(services|libs)/', pathNot: ['^libs/local/', SPECS] },
      to: { path: 'node_modules/oidc-provider/' },
    },
    {
      name: 'pages-are-functions',
      comment: 'A page and its texts are made from what they are given: they ask nobody, and know no framework.',
      severity: 'error',
      from: { path: suffix('page', 'texts') },
      to: {
        path: [
          `^services/.*${suffix('controller', 'client', 'guard', 'settings')}`,
          'node_modules/(@nestjs/|express/)',
        ],
      },
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
