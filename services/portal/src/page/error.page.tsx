import type { Language } from '../text/language.js';
import { PageAnswer } from './page-answer.js';

/** What went wrong, and what to do. */
export const errorPage = (_language: Language, status: number): PageAnswer =>
  new PageAnswer(String(status), <h1>{status}</h1>, status);
