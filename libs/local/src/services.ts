import { SERVICES, type ServiceName } from './ports.js';

/** What one service of the mesh needs from the machine it runs on. */
export interface ServicePlan {
  /** Seals per person: has a second database, for the keys. */
  readonly subjectKeys?: boolean;
  /** Names in its key file whose value is its own. */
  readonly ownKeys: readonly string[];
  /** Names in its key file whose value others have, too. */
  readonly sharedKeys: readonly string[];
  /** Signs receipts. */
  readonly receipts?: boolean;
  readonly produces: readonly string[];
  readonly consumes: readonly string[];
  /** Makes topics for others and lets them in, which Kafka allows its administrators only. */
  readonly administersKafka?: boolean;
}

const PERSON = 'crossroads.person.v1';
const DIRECTORY = 'crossroads.directory.v1';
const AUTHORIZATION = 'crossroads.authorization.v1';
const MUTATION = 'crossroads.mutation.v1';
const ACCESS = 'crossroads.access.v1';

/** Whose bodies are sealed; the key goes to the producers and to the readers in this table, nobody else. */
const SEALED = [PERSON, MUTATION, ACCESS];

type Needs = Omit<ServicePlan, 'sharedKeys'> & { readonly sharedKeys?: readonly string[] };

const withTopicKeys = (needs: Needs): ServicePlan => ({
  ...needs,
  sharedKeys: [
    ...(needs.sharedKeys ?? []),
    ...SEALED.filter((topic) => needs.produces.includes(topic) || needs.consumes.includes(topic)),
  ],
});

/** Who makes and who reads which topic, and who holds which key. */
export const PLANS: Readonly<Record<ServiceName, ServicePlan>> = {
  authorization: withTopicKeys({ ownKeys: ['page-tokens'], produces: [AUTHORIZATION], consumes: [] }),
  'person-registry': withTopicKeys({
    subjectKeys: true,
    ownKeys: ['page-tokens', 'subject-keys'],
    sharedKeys: ['ssin-index'],
    produces: [PERSON],
    consumes: [],
  }),
  'reference-directory': withTopicKeys({
    ownKeys: ['page-tokens', 'subject-keys'],
    sharedKeys: ['ssin-index'],
    produces: [DIRECTORY],
    consumes: [PERSON],
  }),
  exchange: withTopicKeys({
    subjectKeys: true,
    ownKeys: ['page-tokens', 'subject-keys'],
    receipts: true,
    produces: [MUTATION, ACCESS],
    consumes: [],
  }),
  subscription: withTopicKeys({
    subjectKeys: true,
    ownKeys: ['page-tokens', 'subject-keys', 'pseudonyms'],
    receipts: true,
    produces: [ACCESS],
    consumes: [PERSON, DIRECTORY, MUTATION],
    administersKafka: true,
  }),
  'access-audit': withTopicKeys({
    subjectKeys: true,
    ownKeys: ['page-tokens', 'subject-keys'],
    produces: [],
    consumes: [ACCESS, AUTHORIZATION],
  }),
};

/** Only those: their certificates pass every ACL. */
export const kafkaAdministrators = (): string[] =>
  SERVICES.filter((name) => PLANS[name].administersKafka).map((name) => `CN=${name}`);
