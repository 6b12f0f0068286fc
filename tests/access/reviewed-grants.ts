import type { Grants } from './granted.js';

/*
 * The reviewed table of what the role of a service may do in each of its databases. A table that is not here, a right too many and a right
 * too few fail `grants.spec.ts`. Before a line is changed here: could this right change or remove what must stay, the log of events, the
 * index of accesses, keys of persons?
 */

/** Everybody may look up names in `public`, as PostgreSQL is delivered; nobody may make anything. Services wait for migrations. */
const ANY_DATABASE: Grants = {
  'schema public': 'public usage, usage',
  'public.migrations': 'select',
  'public.migration_places': '',
};

const EVENT_STORE: Grants = {
  'schema es': 'usage',
  // Append-only. Positions, transaction ids and instants are not the service's to choose: `es.stamp` and the defaults write them.
  'es.events':
    'select, insert (revision, event_id, month, partition, schema_version, stream_id, stream_type, type, data, metadata)',
  'es.requests': 'select, insert',
  'es.log': 'select',
  'es.logs': 'select',
  'es.past': 'select',
  'es.trimmed': 'select',
  'es.archives': 'select',
  'es.append()': 'execute',
  'es.stamp()': 'execute',
  'es.seed()': 'execute',
  'es.maintain()': 'execute',
  'es.kept_months()': 'execute',
  // Places of readers: old steps are pruned, none is changed.
  'es.steps': 'select, insert, delete',
  'es.generations': 'select, insert',
  // Who works on what: it comes and goes.
  'es.leases': 'select, insert, update, delete',
  'es.members': 'select, insert, update, delete',
  'es.lease()': 'execute',
  'es.session_is_gone()': 'execute',
};

/** What was refused is evidence until a thousand newer messages of its topic push it out. */
const CONSUMER: Grants = {
  'public.parked': 'select, insert, update (reason, attempts), delete',
  'public.refused': 'select, insert, delete',
};
const TOMBSTONES: Grants = { 'public.tombstones': 'select, insert, update (acknowledged_at)' };

/** What was held is not given back: a service that starts again takes no older policy. */
const POLICY: Grants = {
  'public.held_policy_heads': 'select, insert (generation, revision, hash)',
  'public.person_quotas': 'select, insert, update (taken)',
};

/** By service. */
export const SERVICE_GRANTS: Readonly<Record<string, Grants>> = {
  'access-audit': {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    ...CONSUMER,
    ...TOMBSTONES,
    ...POLICY,
    'public.accesses': 'select, insert',
    // Numbers, which the log can make anew.
    'public.monthly_figures': 'select, insert, update',
  },
  authorization: {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    'public.policy_snapshot': 'select, update (schema_version, revision)',
    'public.policy_entries': 'select, insert, update (revision, value), delete',
    'public.policy_heads': 'select, insert, delete',
    'public.policy_beats': 'select, insert, delete',
    'public.policy_forks': 'select, insert, update (accepted_at, accepted_by)',
  },
  ebox: {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    ...CONSUMER,
    ...TOMBSTONES,
    ...POLICY,
    'public.mailboxes': 'select, insert, update (consented, language, exclusively_ebox, notification_address), delete',
    'public.consents': 'select, insert, delete',
    'public.delegations': 'select, insert, update (removed_at), delete',
    'public.messages': 'select, insert, update (due_at, read_at, first_read_at, due, hidden), delete',
    'public.uploads': 'select, insert, update (state), delete',
    'public.upload_owners': 'select, insert, delete',
    'public.open_downloads': 'select, insert, delete',
    'public.provider_sequences': 'select, insert, update (last_sequence, relayed_sequence)',
    'public.provider_events': 'select, insert',
    'public.notice_runs': 'select, insert, update (after_owner, done)',
  },
  exchange: {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    ...CONSUMER,
    ...TOMBSTONES,
    ...POLICY,
    'public.exchange_instances': 'select, insert, update (concluded_below, gone_since), delete',
  },
  'person-registry': {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    ...TOMBSTONES,
    ...POLICY,
    'public.person_snapshots': 'select, insert, update (revision, version, sealed)',
    // When to look at a proposal; what may take effect is decided by its stream.
    'public.due_proposals': 'select, insert, delete',
  },
  'reference-directory': {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    ...CONSUMER,
    ...TOMBSTONES,
    ...POLICY,
    'public.persons': 'select, insert',
    'public.numbers': 'select, insert, update (serial, position, person, state, partition, replaced_by), delete',
    'public.merges': 'select, insert, update (serial, position, since, survivor, partition, contested), delete',
    'public.inscriptions': 'select, insert, update (ssin, packed)',
    'public.institution_contexts': 'select, insert',
  },
  subscription: {
    ...ANY_DATABASE,
    ...EVENT_STORE,
    ...CONSUMER,
    ...TOMBSTONES,
    ...POLICY,
    'public.subscriptions': 'select, insert, update (state, content, field_groups, encoding, closing_reason)',
    'public.subscription_persons': 'select, insert',
    'public.subscription_lanes':
      'select, insert, update (last_sequence, relayed_sequence, relaying_sequence, relay, pruned_sequence, closed, snapshot_id)',
    'public.subscriber_topics': 'select, insert',
    'public.deliveries': 'select, insert, update (lost_at_source), delete',
    'public.replays': 'select, insert',
    'public.replay_lanes': 'select, insert, update (next_sequence, delivered, withheld, ended)',
    'public.snapshots': 'select, insert, update (page_token, listed, ended, abandoned, due_at)',
    'public.snapshot_lanes': 'select, insert, update (delivered, withheld)',
    'public.snapshot_persons': 'select, insert, update (revision, held, intent, waiting, due_at, taken_at), delete',
  },
  // Nothing there outlives a session, and the sealed columns open with the browser's cookie alone.
  portal: {
    ...ANY_DATABASE,
    'public.sessions': 'select, insert, update, delete',
    'public.pending_sign_ins': 'select, insert, delete',
    'public.used_logout_tokens': 'select, insert, delete',
  },
};

/** A key is made once; only the function ends it, and leaves the tombstone. */
export const KEYS_GRANTS: Grants = {
  ...ANY_DATABASE,
  'public.subject_keys': 'select, insert',
  'public.destroy_subject_keys()': 'execute',
};

/** Of the embedded log: messages are not changed; they go when they expire. */
export const BUS_GRANTS: Grants = {
  ...ANY_DATABASE,
  'schema bus': 'usage',
  'bus.topics': 'select, insert',
  'bus.partitions': 'select, insert, update (last_position)',
  'bus.messages': 'select, insert, delete',
  'bus.members': 'select, insert, update (expires_at), delete',
  'bus.offsets': 'select, insert, update (position, holder)',
};
