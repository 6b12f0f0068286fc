/** What a handler of a form answers: where the browser goes on, by GET. */
export class SeeOther {
  constructor(readonly url: string) {}
}
