import type { ComponentChildren } from 'preact';

/** What a handler answers: the main part of a page. */
export class PageAnswer {
  /** @param title says nothing about anybody: it stands in the browser's history */
  constructor(
    readonly title: string,
    readonly body: ComponentChildren,
    readonly status = 200,
  ) {}
}
