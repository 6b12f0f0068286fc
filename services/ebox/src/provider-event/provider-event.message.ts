import { type ProviderEvent, ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';

/** A numbered event, with what its message says of itself. */
export interface StoredProviderEvent {
  readonly sequence: bigint;
  readonly kind: ProviderEventKind;
  readonly messageId: string;
  readonly ownerId: string;
  readonly at: Date;
  readonly sender: string;
  readonly originalMessageId: string;
}

export const providerEventMessage = (event: StoredProviderEvent): ProviderEvent => {
  const { sequence, kind, messageId, originalMessageId, sender, at } = event;
  return { eventSequenceNbr: sequence, kind, messageId, originalMessageId, sender, time: at };
};

const TYPES: Readonly<Partial<Record<ProviderEventKind, string>>> = {
  [ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT]: 'newdocument',
  [ProviderEventKind.PROVIDER_EVENT_KIND_NEW_DOCUMENT_REMINDER]: 'newdocumentreminder',
  [ProviderEventKind.PROVIDER_EVENT_KIND_DOCUMENT_EXPIRATION_ALERT]: 'documentexpirationalert',
  [ProviderEventKind.PROVIDER_EVENT_KIND_READ_DOCUMENT]: 'readdocument',
};

/** The CloudEvents type. */
export const typeOf = (kind: ProviderEventKind): string => {
  const type = TYPES[kind];
  if (type === undefined) throw new TypeError(`no type for provider events of kind ${kind}`);
  return `crossroads.ebox.v1.messages.notify.${type}`;
};
