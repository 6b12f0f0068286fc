import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';

/** What a service holds about persons in tables, outside of what is sealed with their keys. */
export interface PersonRows {
  /** In the transaction of the tombstones. Called again when the order is delivered again. */
  erase(personIds: readonly string[], tx: Tx): Promise<unknown>;
}

const ErasesRows = DiscoveryService.createDecorator<object>();

/** Makes a provider remove what its tables say about a person, when that person is erased. */
export const ErasesPersons =
  () =>
  <C extends new (...args: never[]) => PersonRows>(type: C): void => {
    Injectable()(type);
    ErasesRows({})(type);
  };

/** Every `@ErasesPersons` of the application. */
@Injectable()
export class AllPersonRows implements PersonRows {
  constructor(private readonly discovery: DiscoveryService) {}

  async erase(personIds: readonly string[], tx: Tx): Promise<void> {
    for (const { instance } of this.discovery.getProviders({ metadataKey: ErasesRows.KEY }))
      await (instance as PersonRows).erase(personIds, tx);
  }
}
