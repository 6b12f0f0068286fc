import type { Setting } from '@crossroads/configuration';
import { type EventStore, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { isEnterpriseNumber } from '@crossroads/identifiers';
import { readApplicationName, readSpkiHash } from './api/read-institution.js';
import type { Application, Institution } from './domain/entities.js';
import { appendOf } from './policy-commands.js';

export interface FirstAdministrator {
  readonly institution: Institution;
  readonly application: Application;
}

/** `<enterprise number>:<name>:<application>:<spki hash>`. */
export const firstAdministrator: Setting<FirstAdministrator> & { readonly optional: true } = {
  name: 'BOOTSTRAP_ADMINISTRATOR',
  description: 'who may change the policy while there is none',
  optional: true,
  read: (text) => {
    const [, enterpriseNumber = '', name = '', application = '', hash = ''] =
      /^([^:]*):(.*):([^:]*):([^:]*)$/.exec(text) ?? [];
    if (!isEnterpriseNumber(enterpriseNumber) || name.trim() === '')
      throw new Error('must be <enterprise number>:<name>:<application>:<SPKI hash>, the number with its check digits');
    if (!readApplicationName('', application).ok || !readSpkiHash('', hash).ok)
      throw new Error(
        "must end with the CN of the certificate and the base64url SHA-256 of its key's SubjectPublicKeyInfo",
      );
    return {
      institution: { enterpriseNumber, name, roles: ['ADMINISTRATOR'], represents: [], officialKeys: [] },
      application: { enterpriseNumber, name: application, spkiHashes: [hash] },
    };
  },
};

/** Does nothing once there is any policy. */
export const bootstrap = async (store: Pick<EventStore, 'append'>, first: FirstAdministrator): Promise<void> => {
  try {
    await store.append([
      appendOf(
        [
          { type: 'InstitutionRegistered', data: { institution: first.institution } },
          { type: 'ApplicationRegistered', data: { application: first.application } },
        ],
        0n,
      ),
    ]);
  } catch (error) {
    // Another process of this service was first, or it was done long ago.
    if (!(error instanceof WrongExpectedRevision)) throw error;
  }
};
