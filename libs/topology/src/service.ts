import type { RightKind } from './rights.js';
import type { InstitutionTopics, TopicName } from './topics.js';

/**
 * Who may call an rpc: any registered application of an institution, one with a right (of several rules, with one of the rights), one service of
 * the mesh, or every service of the mesh.
 */
export type CallerRule<Name extends string = string> =
  | 'institution'
  | `institution:${RightKind}`
  | 'every-service'
  | `service:${Name}`;

/** Callers by the rpc's name as generated code has it. */
export type CallerRules<Name extends string = string> = Readonly<Record<string, readonly CallerRule<Name>[]>>;

/** One service of the mesh. Everything that ports, certificates, databases, Kafka and the chart need follows from it. */
export interface Service<Name extends string = string> {
  readonly name: Name;
  /** How a sentence names it. */
  readonly title: string;
  /**
   * By proto service, with its package: who may call which rpc. Nobody else gets further than PERMISSION_DENIED. `Events/Read` is
   * not listed: it follows from `publishes` and from who reads those topics.
   */
  readonly rpcs: Readonly<Record<string, CallerRules<Name>>>;
  /** Topics that it writes, without those of institutions. */
  readonly publishes: readonly TopicName[];
  /** Topics that it reads, on the bus and by `Events/Read` of their producers. */
  readonly reads: readonly TopicName[];
  /** Topics of institutions that it writes. The service that administers the broker creates them. */
  readonly institutionTopics: InstitutionTopics | undefined;
  /**
   * Serves pages to citizens over HTTP. To other services it is an application of an institution with the right `portal:<issuer>`: its
   * certificate is of an authority of institutions, and it connects where institutions do.
   */
  readonly servesPages: boolean;
  /** Creates the topics of institutions, and gives each institution the right to read its own: what no other service may do. */
  readonly administersBroker: boolean;
  /** Has a database of its own; with its log, unless it serves pages. */
  readonly database: boolean;
  /** Encrypts with a key for each person, and stores these keys in a second database. */
  readonly subjectKeys: boolean;
  /** Keeps documents, in an S3 bucket or in files. */
  readonly storesDocuments: boolean;
  /** Signs receipts with a key of its own, or checks those of other services. */
  readonly receipts: 'sign' | 'check' | 'none';
  /** Names in its key file whose values no other service has. */
  readonly ownKeys: readonly string[];
  /** Names in its key file whose values other services have, too. The keys of sealed topics are added to them. */
  readonly sharedKeys: readonly string[];
}

/** Whichever right they have: what a key alone is enough for. */
export const INSTITUTIONS = ['institution'] as const;

/** Applications with one of these rights. */
export const withRight = <Kind extends RightKind>(...rights: readonly Kind[]) =>
  rights.map((right) => `institution:${right}` as const);
