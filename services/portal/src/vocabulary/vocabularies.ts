import { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { Clock } from '@crossroads/configuration';
import { describeError } from '@crossroads/grpc';
import { processLog } from '@crossroads/telemetry';
import { Injectable } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { ServiceAway } from '../mesh/service-away.js';
import type { Language } from '../text/language.js';
import { Vocabulary, wordsByName } from './vocabulary.js';

const FRESH_MS = 5_000;

/** The words of the policy. It is asked for changes at most every five seconds; while authorization is away the last ones are used. */
@Injectable()
export class Vocabularies {
  private held = wordsByName(GetVocabularyResponse.fromPartial({}));
  private checkedAt = 0;
  private checking: Promise<void> | undefined;

  constructor(
    private readonly calls: MeshCalls,
    private readonly clock: Clock,
  ) {}

  /** Never fails: without words, names are shown as they are. */
  async in(language: Language): Promise<Vocabulary> {
    if (this.clock.now().getTime() - this.checkedAt > FRESH_MS) {
      this.checking ??= this.check().finally(() => (this.checking = undefined));
      // Pages do not wait for changes, only for the first words.
      if (this.held.revision === 0n) await this.checking;
    }
    return new Vocabulary(this.held, language);
  }

  private async check(): Promise<void> {
    this.checkedAt = this.clock.now().getTime();
    try {
      const answer = await this.calls.register((register) =>
        register.getVocabulary({ policyRevision: this.held.revision }),
      );
      if (answer.policyRevision !== this.held.revision) this.held = wordsByName(answer);
    } catch (error) {
      // Nobody may wait for this promise, and an error that nobody takes ends the process: a withdrawn key must not end public pages.
      if (!(error instanceof ServiceAway))
        processLog().error('the words of the policy were refused', describeError(error));
    }
  }
}
