import { readFileSync } from 'node:fs';
import { BadConfiguration } from '@crossroads/configuration';
import { MessageType } from '@crossroads/contracts/ebox/v1/message';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MessageTypeSettings, OWN_MESSAGE_TYPES } from './message-types.settings.js';

const title = z.string().min(1).max(200);

const listOfTypes = z
  .array(
    z.strictObject({
      messageType: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/),
      title: z.strictObject({ nl: title, fr: title, de: title, en: title }),
    }),
  )
  .min(1)
  .refine((types) => new Set(types.map(({ messageType }) => messageType)).size === types.length);

/** The kinds of messages that there are: reference data, of the service's own file or the operator's. */
@Injectable()
export class MessageTypes {
  readonly all: readonly MessageType[];
  private readonly names: ReadonlySet<string>;

  /** @throws BadConfiguration */
  constructor({ MESSAGE_TYPES_FILE: path = OWN_MESSAGE_TYPES }: MessageTypeSettings) {
    const types = listOfTypes.safeParse(jsonOf(path));
    if (!types.success) throw new BadConfiguration([EXPECTED]);
    this.all = types.data.map((type) => MessageType.fromPartial(type));
    this.names = new Set(this.all.map(({ messageType }) => messageType));
  }

  has(messageType: string): boolean {
    return this.names.has(messageType);
  }
}

const EXPECTED =
  'MESSAGE_TYPES_FILE must be a JSON array of {"messageType": "A_NAME", "title": {"nl": "…", "fr": "…", "de": "…", "en": "…"}}, each name once and each title in all four languages.';

const jsonOf = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};
