import {
  authorization,
  calledBy,
  ERASING_SERVICES,
  isServer,
  keysOf,
  producedBy,
  readBy,
  type ServiceName,
  serviceNamed,
  usesTopics,
} from '@crossroads/topology';

/** What a service needs according to `libs/topology`. Its modules, settings and migrations follow from this. */
export interface Needs {
  /** Serves rpcs. */
  readonly serves: boolean;
  readonly database: boolean;
  /** An event log, in its database. */
  readonly log: boolean;
  /** Serves pages over HTTP. */
  readonly pages: boolean;
  /** Creates topics of institutions and grants rights on the broker. */
  readonly administersBroker: boolean;
  /** A file of named keys. */
  readonly keys: boolean;
  /** A second database, with a key for each person. */
  readonly subjectKeys: boolean;
  /** Holds something about persons, and acknowledges when it has erased it. */
  readonly erases: boolean;
  /** Publishes on the broker, or consumes. */
  readonly bus: boolean;
  /** Reads topics: has places in them and parked messages. */
  readonly consumes: boolean;
  /** Publishes its log: on topics, and by `Events/Read`. */
  readonly publishes: boolean;
  /** Decides by the policy, which the authorization service sends it. */
  readonly policy: boolean;
}

export const needsOf = (name: ServiceName): Needs => {
  const { database, administersBroker, servesPages } = serviceNamed(name);
  return {
    serves: isServer(name),
    database,
    log: database && !servesPages,
    pages: servesPages,
    administersBroker,
    keys: keysOf(name).length > 0,
    subjectKeys: serviceNamed(name).subjectKeys,
    erases: ERASING_SERVICES.includes(name),
    bus: usesTopics(name),
    consumes: readBy(name).length > 0,
    publishes: producedBy(name).length > 0,
    // Pages show what is public of the policy, and decide nothing.
    policy: !servesPages && calledBy(name).includes(authorization.name),
  };
};
