import { SERVICES } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { needsOf } from './needs.js';

const SERVES = { serves: true, database: true, log: true, pages: false, administersBroker: false };

const TABLE = {
  authorization: {
    ...SERVES,
    keys: false,
    subjectKeys: false,
    erases: false,
    bus: false,
    consumes: false,
    publishes: false,
    policy: false,
  },
  'person-registry': {
    ...SERVES,
    keys: true,
    subjectKeys: true,
    erases: true,
    bus: true,
    consumes: false,
    publishes: true,
    policy: true,
  },
  'reference-directory': {
    ...SERVES,
    keys: true,
    subjectKeys: false,
    erases: true,
    bus: true,
    consumes: true,
    publishes: true,
    policy: true,
  },
  exchange: {
    ...SERVES,
    keys: true,
    subjectKeys: true,
    erases: true,
    bus: true,
    consumes: true,
    publishes: true,
    policy: true,
  },
  subscription: {
    ...SERVES,
    keys: true,
    subjectKeys: true,
    erases: true,
    bus: true,
    consumes: true,
    publishes: true,
    policy: true,
  },
  'access-audit': {
    ...SERVES,
    keys: true,
    subjectKeys: true,
    erases: true,
    bus: true,
    consumes: true,
    publishes: false,
    policy: true,
  },
  ebox: {
    ...SERVES,
    keys: true,
    subjectKeys: true,
    erases: true,
    bus: true,
    consumes: true,
    publishes: true,
    policy: true,
  },
  portal: {
    serves: false,
    database: true,
    log: false,
    pages: true,
    administersBroker: false,
    keys: false,
    subjectKeys: false,
    erases: false,
    bus: false,
    consumes: false,
    publishes: false,
    policy: false,
  },
  'broker-keeper': {
    serves: false,
    database: false,
    log: false,
    pages: false,
    administersBroker: true,
    keys: false,
    subjectKeys: false,
    erases: false,
    bus: false,
    consumes: false,
    publishes: false,
    policy: true,
  },
};

describe('what a service needs', () => {
  it.each(SERVICES)('follows from the topology: %s', (name) => {
    expect(needsOf(name)).toEqual(TABLE[name]);
  });

  it('is a connection to the broker when it reads or publishes topics', () => {
    for (const { bus, consumes, publishes } of SERVICES.map(needsOf)) if (consumes || publishes) expect(bus).toBe(true);
  });
});
