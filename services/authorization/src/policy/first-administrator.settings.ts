import { settingsOf } from '@crossroads/configuration';
import { isEnterpriseNumber } from '@crossroads/identifiers';
import { z } from 'zod';
import { applicationName, spkiHash } from './fields.js';
import type { Application, Institution } from './policy-entities.js';

export interface FirstAdministrator {
  readonly institution: Institution;
  /** Until when it is registered follows from the time of the first start. */
  readonly application: Omit<Application, 'notAfter'>;
}

const FORMAT = 'must be <enterprise number>:<name>:<application>:<SPKI hash>, the number with its check digits';
const BAD_KEY = "must end with the CN of the certificate and the base64url SHA-256 of its key's SubjectPublicKeyInfo";

export class FirstAdministratorSettings extends settingsOf({
  BOOTSTRAP_ADMINISTRATOR: z
    .string()
    .transform((text, context): FirstAdministrator => {
      const [, enterpriseNumber = '', name = '', application = '', hash = ''] =
        /^([^:]*):(.*):([^:]*):([^:]*)$/.exec(text) ?? [];
      if (!isEnterpriseNumber(enterpriseNumber) || name.trim() === '') context.addIssue(FORMAT);
      else if (!applicationName.safeParse(application).success || !spkiHash.safeParse(hash).success)
        context.addIssue(BAD_KEY);
      return {
        institution: {
          enterpriseNumber,
          name,
          roles: ['ADMINISTRATOR'],
          represents: [],
          acceptedBy: [],
          officialKeys: [],
        },
        application: { enterpriseNumber, name: application, spkiHashes: [hash], rights: ['administer'] },
      };
    })
    .meta({ description: 'who may change the policy while there is none' })
    .optional(),
}) {}
