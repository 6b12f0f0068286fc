import { Address, Fact, Place } from '@crossroads/contracts/person/v1/person';
import {
  type DateParts,
  datePartsOf,
  fromWire,
  type IsoDay,
  parseIncompleteDate,
  parseIsoDay,
  parseSsin,
} from '@crossroads/identifiers';
import { attribute, type Element, element, elements, readAnswers, textOf, type UnreadableReason } from './answers.js';

/** A person to be imported, or why a file holds none. `reference` names the file without the person's number. */
export type PersonRecord =
  | {
      readonly reference: string;
      readonly ssin: string;
      readonly facts: readonly Fact[];
      /** Elements without a usable value, such as a country without a valid code. */
      readonly leftOut: readonly string[];
    }
  | { readonly reference: string; readonly refused: RefusalReason };

/** `NO_PERSON`: the source's answer contains no person. */
export type RefusalReason = UnreadableReason | 'NO_PERSON' | 'NO_NUMBER';

/**
 * Reads the persons of a folder in the layout of MAGDA (`Persoon/GeefPersoon/<version>/*`): one record for each file, in the order of the
 * file names. The registry validates SSINs and dates. Relatives without an SSIN and missing elements are left out, and the person is read.
 */
export async function* readPersonFolder(folder: string, today: IsoDay): AsyncGenerator<PersonRecord> {
  for await (const answer of readAnswers(folder, 'Persoon', 'GeefPersoon')) {
    const { reference } = answer;
    if ('unreadable' in answer) yield { reference, refused: answer.unreadable };
    else yield { reference, ...recordOf(element(answer.content, 'Persoon'), today) };
  }
}

const recordOf = (person: Element | undefined, today: IsoDay) => {
  if (person === undefined) return { refused: 'NO_PERSON' as const };
  const ssin = textOf(person, 'INSZ');
  if (ssin === undefined) return { refused: 'NO_NUMBER' as const };
  const reading = new FactReading(ssin, today);
  for (const name of elements(person, 'Naam')) reading.name(name);
  reading.once('birth', element(person, 'Geboorte'));
  reading.gender(element(person, 'Geslacht'));
  for (const residence of elements(person, 'Adressen', 'Hoofdverblijfplaats')) reading.residence(residence);
  for (const abroad of elements(person, 'Adressen', 'VerblijfplaatsBuitenland')) reading.residenceAbroad(abroad);
  for (const state of elements(person, 'BurgerlijkeStaten', 'BurgerlijkeStaat')) reading.civilStatus(state);
  for (const nationality of elements(person, 'Nationaliteiten', 'Nationaliteit')) reading.nationality(nationality);
  for (const descent of elements(person, 'Afstammingen', 'Afstamming')) reading.parents(descent);
  for (const descent of elements(person, 'AfstammingenDalendeLijn', 'AfstammingDalendeLijn')) reading.child(descent);
  for (const cohabitation of elements(person, 'WettelijkeSamenwoning')) reading.cohabitation(cohabitation);
  reading.once('death', element(person, 'Overlijden'));
  return { ssin, facts: reading.facts, leftOut: reading.leftOut };
};

/** National Register: married. */
const MARRIED = new Set(['20', '21', '22']);
/** National Register: a revoked adoption, after which the person is no longer a parent. */
const REVOKED_DESCENT = '24';

/** Reads the facts of a `Persoon`, one kind of element at a time. */
class FactReading {
  readonly facts: Fact[] = [];
  readonly leftOut: string[] = [];

  constructor(
    private readonly ssin: string,
    private readonly today: IsoDay,
  ) {}

  name(name: Element): void {
    const texts = (group: string, one: string) => elements(name, group, one).flatMap((each) => textOf(each) ?? []);
    const [familyNames, givenNames] = [texts('Achternamen', 'Achternaam'), texts('Voornamen', 'Voornaam')];
    if (familyNames.length + givenNames.length > 0)
      this.add('Naam', name, { $case: 'name', value: { familyNames, givenNames } });
  }

  /** Births and deaths have a date and no period. */
  once(kind: 'birth' | 'death', event: Element | undefined): void {
    const date = parseIncompleteDate(textOf(event, 'Datum') ?? '');
    if (date === undefined) {
      if (event !== undefined) this.leftOut.push(kind === 'birth' ? 'Geboorte' : 'Overlijden');
      return;
    }
    const value = { date: datePartsOf(date), place: placeOf(element(event, 'Plaats')) };
    this.facts.push(Fact.fromPartial({ fact: { $case: kind, value } }));
  }

  gender(gender: Element | undefined): void {
    const code = textOf(gender, 'Code');
    if (code === undefined) return;
    if (!/^[0129]$/.test(code)) this.leftOut.push('Geslacht');
    else this.add('Geslacht', gender, { $case: 'gender', value: { genderCode: Number(code) } });
  }

  residence(residence: Element): void {
    const named = (name: string) =>
      textOf(residence, name, 'String') ?? textOf(residence, `NietGestandaardiseerde${name}`, 'String') ?? '';
    const value = {
      street: named('Straatnaam'),
      houseNumber: textOf(residence, 'Huisnummer') ?? '',
      boxNumber: textOf(residence, 'Busnummer') ?? '',
      postalCode: textOf(residence, 'Postcode') ?? '',
      municipality: named('Gemeentenaam'),
      municipalityCode: codeOf(textOf(residence, 'NISCodeGemeente'), /^\d{5}$/),
      countryCode: codeOf(textOf(residence, 'ISOCodeLand'), /^[A-Z]{3}$/),
    };
    this.address('Hoofdverblijfplaats', residence, value);
  }

  /** An address abroad is a list of free text lines; the last one is the place. */
  residenceAbroad(abroad: Element): void {
    const lines = elements(abroad, 'Teksten', 'Tekst').flatMap((line) => textOf(line) ?? []);
    const municipality = lines.length > 1 ? (lines.at(-1) ?? '') : '';
    const street = (lines.length > 1 ? lines.slice(0, -1) : lines).join(', ');
    const countryCode = codeOf(textOf(abroad, 'Land', 'ISOCode'), /^[A-Z]{3}$/);
    this.address('VerblijfplaatsBuitenland', abroad, { street, municipality, countryCode });
  }

  civilStatus(status: Element): void {
    const code = textOf(status, 'Code') ?? '';
    if (!/^[1-9]\d?$/.test(code)) {
      this.leftOut.push('BurgerlijkeStaat');
      return;
    }
    const partner = this.relative(element(status, 'Partner'));
    const value = { civilStatusCode: code, partnerSsin: partner ?? '' };
    this.add('BurgerlijkeStaat', status, { $case: 'civilStatus', value });
    if (partner !== undefined && MARRIED.has(code)) this.relation('SPOUSE', partner, status);
  }

  nationality(nationality: Element): void {
    const code = textOf(nationality, 'Code') ?? '';
    if (!/^\d{3}$/.test(code)) this.leftOut.push('Nationaliteit');
    else this.add('Nationaliteit', nationality, { $case: 'nationality', value: { nationalityCode: code } });
  }

  parents(descent: Element): void {
    if (textOf(descent, 'Type', 'Code') === REVOKED_DESCENT) return;
    for (const parent of elements(descent, 'Ouders', 'Ouder')) {
      const ssin = this.relative(parent);
      if (ssin !== undefined) this.relation('PARENT', ssin, descent);
    }
  }

  child(descent: Element): void {
    const ssin = this.relative(element(descent, 'Kind'));
    if (ssin !== undefined) this.relation('CHILD', ssin, descent);
  }

  cohabitation(cohabitation: Element): void {
    const ssin = this.relative(element(cohabitation, 'Partner'));
    if (ssin !== undefined && element(cohabitation, 'Beeindiging') === undefined)
      this.relation('PARTNER', ssin, cohabitation);
  }

  private address(what: string, from: Element, value: Parameters<typeof Address.fromPartial>[0]): void {
    if (Object.values(value).some((part) => part !== '')) this.add(what, from, { $case: 'address', value });
  }

  /** The SSIN of another person; undefined when it is missing or invalid. */
  private relative(from: Element | undefined): string | undefined {
    const ssin = textOf(from, 'INSZ');
    if (ssin === undefined || ssin === this.ssin) return undefined;
    if (parseSsin(ssin, { mode: 'development', today: this.today }).ok) return ssin;
    this.leftOut.push('INSZ');
    return undefined;
  }

  private relation(relationCode: string, relativeSsin: string, from: Element): void {
    this.add(relationCode, from, { $case: 'familyRelation', value: { relationCode, relativeSsin } });
  }

  /** `DatumEinde` is the last day of the period. */
  private add(what: string, from: Element | undefined, fact: Parameters<typeof Fact.fromPartial>[0]['fact']): void {
    const startDate = parseIsoDay(attribute(from, 'DatumBegin') ?? '');
    const endDate = parseIsoDay(attribute(from, 'DatumEinde') ?? '');
    if (!fromWire({ startDate, endDate }).ok) {
      this.leftOut.push(what);
      return;
    }
    const parts = (day: IsoDay | undefined): DateParts | undefined => day && datePartsOf(day);
    this.facts.push(Fact.fromPartial({ period: { startDate: parts(startDate), endDate: parts(endDate) }, fact }));
  }
}

const placeOf = (place: Element | undefined): Place | undefined => {
  const found = {
    municipalityCode: codeOf(textOf(place, 'Gemeente', 'NISCode'), /^\d{5}$/),
    municipality: textOf(place, 'Gemeente', 'Naam') ?? '',
    countryCode: codeOf(textOf(place, 'Land', 'ISOCode'), /^[A-Z]{3}$/),
  };
  return Object.values(found).some((part) => part !== '') ? Place.fromPartial(found) : undefined;
};

const codeOf = (text: string | undefined, pattern: RegExp): string =>
  text !== undefined && pattern.test(text) ? text : '';
