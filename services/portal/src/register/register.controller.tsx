import { Clock } from '@crossroads/configuration';
import type { GetPublishedDeliberationResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { RemoteError, status } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { Controller, Get, NotFoundException, Param, Query } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { partOf } from '../mesh/service-away.js';
import { type FormInput, textOf } from '../page/form-input.rules.js';
import { hrefOf } from '../page/href.js';
import { PageAnswer } from '../page/page-answer.js';
import { PublicPage } from '../page/public-page.js';
import { type Visit, Visiting } from '../page/visit.js';
import { PortalSettings } from '../portal.settings.js';
import { Vocabularies } from '../vocabulary/vocabularies.js';
import { dataServiceViews } from './data-service.rules.js';
import { DataServicesPage } from './data-services.page.js';
import { DeliberationPage } from './deliberation.page.js';
import { deliberationLine, deliberationView } from './deliberation.rules.js';
import { registerQuery, registerSearchOf, searchRequest } from './register-search.rules.js';
import { RegisterPage } from './register.page.js';
import { registerTexts } from './register.texts.js';

const MAX_WORDS_LENGTH = 200;

/** What everybody may know of the policy. */
@Controller(':language')
export class RegisterController {
  constructor(
    private readonly calls: MeshCalls,
    private readonly vocabularies: Vocabularies,
    private readonly settings: PortalSettings,
    private readonly clock: Clock,
  ) {}

  @Get('register')
  @PublicPage()
  async search(@Visiting() { language }: Visit, @Query() query: FormInput): Promise<PageAnswer> {
    const t = registerTexts(language);
    const search = registerSearchOf(query);
    const pageToken = textOf(query, 'page');
    const [vocabulary, found] = await Promise.all([
      this.vocabularies.in(language),
      partOf(
        refusedAsMissing(
          this.calls.register((register) => register.searchDeliberations(searchRequest(search, pageToken))),
        ),
      ),
    ]);
    const hrefTo = (page: string) => hrefOf(language, '/register', { ...registerQuery(search), page });
    const answer = 'value' in found ? found.value : undefined;
    const view = {
      search,
      institutions: [...vocabulary.institutions].map(([value, text]) => ({ value, text })).toSorted(byText),
      dataServices: dataServiceViews(vocabulary, '').map(({ dataService, words }) => ({
        value: dataService,
        text: words.name,
      })),
      deliberations: answer?.deliberations.map((one) =>
        deliberationLine(one, vocabulary, { language, today: this.today() }),
      ),
      first: pageToken === '' ? undefined : { href: hrefTo(''), label: t('first') },
      next: answer?.nextPageToken ? { href: hrefTo(answer.nextPageToken), label: t('next') } : undefined,
    };
    return new PageAnswer(t('title'), <RegisterPage language={language} view={view} />, answer ? 200 : 503);
  }

  @Get('register/:deliberationId')
  @PublicPage()
  async show(@Visiting() { language }: Visit, @Param('deliberationId') deliberationId: string): Promise<PageAnswer> {
    const [vocabulary, { deliberation }] = await Promise.all([
      this.vocabularies.in(language),
      refusedAsMissing<GetPublishedDeliberationResponse>(
        this.calls.register((register) => register.getPublishedDeliberation({ deliberationId })),
      ),
    ]);
    if (!deliberation) throw new NotFoundException();
    const view = deliberationView(deliberation, vocabulary, {
      language,
      today: this.today(),
      textUrl: this.settings.DELIBERATION_URL,
    });
    return new PageAnswer(
      registerTexts(language)('deliberation', { reference: view.reference }),
      <DeliberationPage language={language} deliberation={view} />,
    );
  }

  @Get('data-services')
  @PublicPage()
  async dataServices(@Visiting() { language }: Visit, @Query() query: FormInput): Promise<PageAnswer> {
    const words = textOf(query, 'words').slice(0, MAX_WORDS_LENGTH);
    const vocabulary = await this.vocabularies.in(language);
    const view = { words, dataServices: dataServiceViews(vocabulary, words) };
    return new PageAnswer(
      registerTexts(language)('dataTitle'),
      <DataServicesPage language={language} view={view} />,
      vocabulary.dataServices.length === 0 ? 503 : 200,
    );
  }

  private today(): string {
    return dayOf(this.clock.now());
  }
}

const byText = (one: { readonly text: string }, other: { readonly text: string }): number =>
  one.text.localeCompare(other.text);

/** What is malformed in an address does not exist. */
const refusedAsMissing = async <Answer,>(answer: Promise<Answer>): Promise<Answer> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RemoteError && (error.code === status.NOT_FOUND || error.code === status.INVALID_ARGUMENT))
      throw new NotFoundException();
    throw error;
  }
};
