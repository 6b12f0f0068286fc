import { type IsoDay, parseSsin } from '@crossroads/identifiers';
import type { Answer, Element } from './answers.js';

/** The data of an authentic source of the demo by SSIN, and the files that were skipped. */
export interface SourceFile<Data> {
  readonly bySsin: ReadonlyMap<string, Data>;
  readonly skipped: readonly { readonly reference: string; readonly reason: string }[];
}

/** Groups answers by person. The last of several files about a person is used. */
export const byPerson = async <Data>(
  answers: AsyncIterable<Answer>,
  today: IsoDay,
  read: (content: Element | undefined) => { readonly ssin: string | undefined; readonly data: Data | undefined },
): Promise<SourceFile<Data>> => {
  const bySsin = new Map<string, Data>();
  const skipped: { reference: string; reason: string }[] = [];
  for await (const answer of answers) {
    const { reference } = answer;
    if ('unreadable' in answer) {
      skipped.push({ reference, reason: answer.unreadable });
      continue;
    }
    const { ssin, data } = read(answer.content);
    const parsed = parseSsin(ssin ?? '', { mode: 'development', today });
    if (data === undefined || ssin === undefined) skipped.push({ reference, reason: 'NO_DATA' });
    else if (!parsed.ok) skipped.push({ reference, reason: `SSIN_${parsed.issue.toUpperCase().replaceAll('-', '_')}` });
    else bySsin.set(parsed.ssin, data);
  }
  return { bySsin, skipped };
};
