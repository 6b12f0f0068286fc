import type { IsoDay } from '@crossroads/identifiers';

/** What a message says; stored sealed for its owner, bound to `contentPlace`. Empty texts are left out. */
export interface MessageContent {
  readonly subject: Readonly<Partial<Record<'nl' | 'fr' | 'de' | 'en', string>>>;
  readonly documents: readonly DocumentContent[];
  readonly payment?: PaymentContent;
  readonly replyAllowed?: true;
}

export interface DocumentContent {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  /** base64 of 32 bytes. */
  readonly sha256: string;
  readonly uploaded?: true;
}

export interface PaymentContent {
  readonly amount: string;
  readonly currency: string;
  readonly iban: string;
  readonly reference: string;
  readonly dueOn?: IsoDay;
}

/** What the seal of the content is bound to. */
export const contentPlace = (messageId: string): string => `message/${messageId}`;
