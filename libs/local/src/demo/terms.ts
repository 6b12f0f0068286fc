import { type Term, TermKind } from '@crossroads/contracts/authorization/v1/policy';
import type { Text } from '@crossroads/contracts/text/v1/text';
import { IDENTIFICATION, STATUSES, WAGES } from './deliberations.js';

/** In the order nl, fr, de, en. */
type Texts = readonly [nl: string, fr: string, de: string, en: string];

interface Words {
  readonly name: Texts;
  readonly phrase: Texts;
  readonly description: Texts;
}

// Phrases stand in `<institution> looked up <phrases of data> on 3 November, <phrase of the legal context>.`, and in
// `<institution> has a file on you <phrase of the inscription context>.`

const DATA_SERVICES: Readonly<Record<string, Words>> = {
  [IDENTIFICATION]: {
    name: ['Identificatiegegevens', "Données d'identification", 'Identifikationsdaten', 'Identification data'],
    phrase: [
      'uw identificatiegegevens',
      "vos données d'identification",
      'Ihre Identifikationsdaten',
      'your identification data',
    ],
    description: [
      'Wie u bent en waar u woont, zoals het in het Rijksregister of in de Kruispuntbankregisters staat.',
      'Qui vous êtes et où vous habitez, selon le Registre national ou les registres Banque Carrefour.',
      'Wer Sie sind und wo Sie wohnen, laut Nationalregister oder den Registern der Zentralen Datenbank.',
      'Who you are and where you live, as kept in the National Register or the Crossroads Bank registers.',
    ],
  },
  [WAGES]: {
    name: ['Lonen en tewerkstellingen', 'Salaires et emplois', 'Löhne und Beschäftigungen', 'Wages and employments'],
    phrase: [
      'uw lonen en tewerkstellingen',
      'vos salaires et vos emplois',
      'Ihre Löhne und Beschäftigungen',
      'your wages and employments',
    ],
    description: [
      'Voor wie u werkt en wat u verdient, per kwartaal, zoals uw werkgever het heeft aangegeven.',
      'Pour qui vous travaillez et ce que vous gagnez, par trimestre, selon la déclaration de votre employeur.',
      'Für wen Sie arbeiten und was Sie verdienen, pro Quartal, laut Meldung Ihres Arbeitgebers.',
      'For whom you work and what you earn, by quarter, as your employer declared it.',
    ],
  },
  [STATUSES]: {
    name: ['Sociale statuten', 'Statuts sociaux', 'Sozialstatute', 'Social statuses'],
    phrase: ['uw sociale statuten', 'vos statuts sociaux', 'Ihre Sozialstatute', 'your social statuses'],
    description: [
      'Statuten die recht kunnen geven op een voordeel, zoals de verhoogde tegemoetkoming.',
      "Statuts qui peuvent donner droit à un avantage, comme l'intervention majorée.",
      'Statute, die Anspruch auf einen Vorteil geben können, etwa auf die erhöhte Kostenbeteiligung.',
      'Statuses that may entitle you to an advantage, such as increased reimbursement of medical costs.',
    ],
  },
};

const FIELD_GROUPS: Readonly<Record<string, Words>> = {
  [`${IDENTIFICATION}/name`]: {
    name: ['Naam', 'Nom', 'Name', 'Name'],
    phrase: ['uw naam', 'votre nom', 'Ihren Namen', 'your name'],
    description: [
      'Uw naam en voornamen.',
      'Votre nom et vos prénoms.',
      'Ihr Name und Ihre Vornamen.',
      'Your last name and first names.',
    ],
  },
  [`${IDENTIFICATION}/birth`]: {
    name: ['Geboorte', 'Naissance', 'Geburt', 'Birth'],
    phrase: ['uw geboortegegevens', 'vos données de naissance', 'Ihre Geburtsdaten', 'your date and place of birth'],
    description: [
      'Wanneer en waar u geboren bent.',
      'Quand et où vous êtes né(e).',
      'Wann und wo Sie geboren sind.',
      'When and where you were born.',
    ],
  },
  [`${IDENTIFICATION}/gender`]: {
    name: ['Geslacht', 'Sexe', 'Geschlecht', 'Gender'],
    phrase: ['uw geslacht', 'votre sexe', 'Ihr Geschlecht', 'your gender'],
    description: [
      'Uw geslacht zoals geregistreerd.',
      'Votre sexe tel qu’il est enregistré.',
      'Ihr Geschlecht, wie es eingetragen ist.',
      'Your gender as it is registered.',
    ],
  },
  [`${IDENTIFICATION}/address`]: {
    name: ['Adres', 'Adresse', 'Adresse', 'Address'],
    phrase: ['uw adres', 'votre adresse', 'Ihre Adresse', 'your address'],
    description: [
      'Waar u woont, en sinds wanneer.',
      'Où vous habitez, et depuis quand.',
      'Wo Sie wohnen, und seit wann.',
      'Where you live, and since when.',
    ],
  },
  [`${IDENTIFICATION}/municipality`]: {
    name: ['Gemeente', 'Commune', 'Gemeinde', 'Municipality'],
    phrase: ['uw gemeente', 'votre commune', 'Ihre Gemeinde', 'your municipality'],
    description: [
      'De gemeente waar u woont, zonder straat en huisnummer.',
      'La commune où vous habitez, sans la rue ni le numéro.',
      'Die Gemeinde, in der Sie wohnen, ohne Straße und Hausnummer.',
      'The municipality where you live, without street and house number.',
    ],
  },
  [`${IDENTIFICATION}/civilStatus`]: {
    name: ['Burgerlijke staat', 'État civil', 'Personenstand', 'Civil status'],
    phrase: ['uw burgerlijke staat', 'votre état civil', 'Ihren Personenstand', 'your civil status'],
    description: [
      'Of u bijvoorbeeld ongehuwd, gehuwd of gescheiden bent.',
      'Par exemple, si vous êtes célibataire, marié(e) ou divorcé(e).',
      'Zum Beispiel, ob Sie ledig, verheiratet oder geschieden sind.',
      'For example whether you are single, married or divorced.',
    ],
  },
  [`${IDENTIFICATION}/nationality`]: {
    name: ['Nationaliteit', 'Nationalité', 'Staatsangehörigkeit', 'Nationality'],
    phrase: ['uw nationaliteit', 'votre nationalité', 'Ihre Staatsangehörigkeit', 'your nationality'],
    description: [
      'Van welk land u burger bent.',
      'De quel pays vous êtes citoyen(ne).',
      'Bürger welchen Landes Sie sind.',
      'Of which country you are a citizen.',
    ],
  },
  [`${IDENTIFICATION}/death`]: {
    name: ['Overlijden', 'Décès', 'Tod', 'Death'],
    phrase: ['of u overleden bent', 'si vous êtes décédé(e)', 'ob Sie verstorben sind', 'whether you have died'],
    description: [
      'Of, wanneer en waar iemand overleden is.',
      'Si, quand et où quelqu’un est décédé.',
      'Ob, wann und wo jemand verstorben ist.',
      'Whether, when and where somebody died.',
    ],
  },
  [`${IDENTIFICATION}/family`]: {
    name: ['Gezin', 'Ménage', 'Haushalt', 'Household'],
    phrase: ['uw gezin', 'votre ménage', 'Ihren Haushalt', 'your household'],
    description: [
      'Met wie u samenwoont.',
      'Avec qui vous habitez.',
      'Mit wem Sie zusammenwohnen.',
      'With whom you live.',
    ],
  },
  [`${WAGES}/employer`]: {
    name: ['Werkgever', 'Employeur', 'Arbeitgeber', 'Employer'],
    phrase: ['uw werkgever', 'votre employeur', 'Ihren Arbeitgeber', 'your employer'],
    description: [
      'Voor wie u werkt, per kwartaal.',
      'Pour qui vous travaillez, par trimestre.',
      'Für wen Sie arbeiten, pro Quartal.',
      'For whom you work, by quarter.',
    ],
  },
  [`${WAGES}/employment`]: {
    name: ['Tewerkstelling', 'Emploi', 'Beschäftigung', 'Employment'],
    phrase: ['uw tewerkstellingen', 'vos emplois', 'Ihre Beschäftigungen', 'your employments'],
    description: [
      'Hoe u bij een werkgever werkt: vanaf wanneer, tot wanneer en hoeveel.',
      'Comment vous travaillez chez un employeur : depuis quand, jusqu’à quand et combien.',
      'Wie Sie bei einem Arbeitgeber arbeiten: seit wann, bis wann und wie viel.',
      'How you work for an employer: since when, until when and how much.',
    ],
  },
  [`${WAGES}/amounts`]: {
    name: ['Loonbedragen', 'Montants des salaires', 'Lohnbeträge', 'Amounts of wages'],
    phrase: ['uw loon', 'votre salaire', 'Ihren Lohn', 'your wages'],
    description: [
      'Hoeveel u verdient, per kwartaal.',
      'Combien vous gagnez, par trimestre.',
      'Wie viel Sie verdienen, pro Quartal.',
      'How much you earn, by quarter.',
    ],
  },
  [`${STATUSES}/status`]: {
    name: ['Statuut', 'Statut', 'Statut', 'Status'],
    phrase: ['uw sociale statuten', 'vos statuts sociaux', 'Ihre Sozialstatute', 'your social statuses'],
    description: [
      'Welke sociale statuten u hebt, zonder sinds wanneer.',
      'Quels statuts sociaux vous avez, sans indiquer depuis quand.',
      'Welche Sozialstatute Sie haben, ohne Angabe seit wann.',
      'Which social statuses you have, without since when.',
    ],
  },
  [`${STATUSES}/period`]: {
    name: ['Periode van het statuut', 'Période du statut', 'Zeitraum des Statuts', 'Period of the status'],
    phrase: [
      'de periodes van uw sociale statuten',
      'les périodes de vos statuts sociaux',
      'die Zeiträume Ihrer Sozialstatute',
      'the periods of your social statuses',
    ],
    description: [
      'Van wanneer tot wanneer u een sociaal statuut hebt.',
      'De quand à quand vous avez un statut social.',
      'Von wann bis wann Sie ein Sozialstatut haben.',
      'From when until when you have a social status.',
    ],
  },
};

const LEGAL_CONTEXTS: Readonly<Record<string, Words>> = {
  'NIC:INSURABILITY': {
    name: ['Ziekteverzekering', 'Assurance maladie', 'Krankenversicherung', 'Health insurance'],
    phrase: [
      'om uw recht op de ziekteverzekering na te gaan',
      'pour vérifier votre droit à l’assurance maladie',
      'um Ihren Anspruch auf Krankenversicherung zu prüfen',
      'to check your right to health insurance',
    ],
    description: [
      'Het ziekenfonds gaat na of u verzekerd bent voor geneeskundige zorg en uitkeringen.',
      'La mutualité vérifie si vous êtes assuré(e) pour les soins de santé et les indemnités.',
      'Die Krankenkasse prüft, ob Sie für Gesundheitspflege und Entschädigungen versichert sind.',
      'The health insurance fund checks whether you are insured for health care and benefits.',
    ],
  },
  'NEO:UNEMPLOYMENT_BENEFIT': {
    name: ['Werkloosheidsuitkering', 'Allocations de chômage', 'Arbeitslosengeld', 'Unemployment benefits'],
    phrase: [
      'om over uw werkloosheidsuitkering te beslissen',
      'pour décider de vos allocations de chômage',
      'um über Ihr Arbeitslosengeld zu entscheiden',
      'to decide on your unemployment benefits',
    ],
    description: [
      'De dienst voor arbeidsvoorziening gaat na of u recht hebt op een werkloosheidsuitkering.',
      "L'office de l'emploi vérifie si vous avez droit à des allocations de chômage.",
      'Das Landesamt für Arbeitsbeschaffung prüft, ob Sie Anspruch auf Arbeitslosengeld haben.',
      'The employment office checks whether you are entitled to unemployment benefits.',
    ],
  },
  'PENSIONS:AWARD': {
    name: ['Toekenning van een pensioen', "Octroi d'une pension", 'Bewilligung einer Pension', 'Award of a pension'],
    phrase: [
      'om uw pensioen te berekenen en toe te kennen',
      'pour calculer et accorder votre pension',
      'um Ihre Pension zu berechnen und zu bewilligen',
      'to calculate and award your pension',
    ],
    description: [
      'De pensioendienst berekent op welk pensioen u recht hebt en vanaf wanneer.',
      'Le service des pensions calcule à quelle pension vous avez droit et à partir de quand.',
      'Der Pensionsdienst berechnet, auf welche Pension Sie Anspruch haben und ab wann.',
      'The pension office calculates to which pension you are entitled, and from when.',
    ],
  },
  'PCSA:SOCIAL_INQUIRY': {
    name: ['Sociaal onderzoek', 'Enquête sociale', 'Sozialuntersuchung', 'Social inquiry'],
    phrase: [
      'voor een sociaal onderzoek naar uw recht op leefloon',
      "pour une enquête sociale sur votre droit au revenu d'intégration",
      'für eine Sozialuntersuchung zu Ihrem Anspruch auf Eingliederungseinkommen',
      'for a social inquiry into your right to a living wage',
    ],
    description: [
      'Het OCMW onderzoekt uw situatie voordat het over leefloon of andere hulp beslist.',
      "Le CPAS examine votre situation avant de décider du revenu d'intégration ou d'une autre aide.",
      'Das ÖSHZ untersucht Ihre Lage, bevor es über das Eingliederungseinkommen oder andere Hilfe entscheidet.',
      'The public centre for social welfare examines your situation before it decides on a living wage or other help.',
    ],
  },
  'REGISTER:MAINTENANCE': {
    name: ['Bijhouden van het register', 'Tenue du registre', 'Führung des Registers', 'Upkeep of the register'],
    phrase: [
      'om uw gegevens in het register bij te werken',
      'pour mettre à jour vos données dans le registre',
      'um Ihre Daten im Register zu aktualisieren',
      'to keep your data in the register up to date',
    ],
    description: [
      'Het Rijksregister kijkt na of wat het over u bijhoudt klopt, en verbetert het.',
      'Le Registre national vérifie si ce qu’il conserve à votre sujet est exact, et le corrige.',
      'Das Nationalregister prüft, ob das, was es über Sie führt, richtig ist, und berichtigt es.',
      'The National Register checks whether what it keeps about you is right, and corrects it.',
    ],
  },
};

const INSCRIPTION_CONTEXTS: Readonly<Record<string, Words>> = {
  'NIC:INSURED': {
    name: [
      'Verzekerde van een ziekenfonds',
      'Assuré(e) d’une mutualité',
      'Versicherter einer Krankenkasse',
      'Insured with a health fund',
    ],
    phrase: [
      'als verzekerde van het ziekenfonds',
      'comme assuré(e) de la mutualité',
      'als Versicherte(n) der Krankenkasse',
      'as somebody who is insured for health care',
    ],
    description: [
      'U bent aangesloten bij dit ziekenfonds.',
      'Vous êtes affilié(e) à cette mutualité.',
      'Sie sind bei dieser Krankenkasse versichert.',
      'You are a member of this health insurance fund.',
    ],
  },
  'NEO:CONTROLLED_UNEMPLOYED': {
    name: ['Werkzoekende', "Demandeur d'emploi", 'Arbeitsuchender', 'Job seeker'],
    phrase: ['als werkloze', 'comme personne au chômage', 'als arbeitslose Person', 'as somebody who is unemployed'],
    description: [
      'U krijgt of vraagt een werkloosheidsuitkering.',
      'Vous recevez ou demandez des allocations de chômage.',
      'Sie erhalten oder beantragen Arbeitslosengeld.',
      'You receive, or ask for, unemployment benefits.',
    ],
  },
  'PENSIONS:AWARD_FILE': {
    name: ['Pensioendossier', 'Dossier de pension', 'Pensionsakte', 'Pension file'],
    phrase: ['voor uw pensioen', 'pour votre pension', 'für Ihre Pension', 'for your pension'],
    description: [
      'U krijgt of vraagt een pensioen.',
      'Vous recevez ou demandez une pension.',
      'Sie erhalten oder beantragen eine Pension.',
      'You receive, or ask for, a pension.',
    ],
  },
  'PCSA:LIVING_WAGE': {
    name: ['Leefloon', "Revenu d'intégration", 'Eingliederungseinkommen', 'Living wage'],
    phrase: [
      'voor een leefloon',
      "pour un revenu d'intégration",
      'für ein Eingliederungseinkommen',
      'for a living wage',
    ],
    description: [
      'U krijgt of vraagt een leefloon van het OCMW.',
      "Vous recevez ou demandez un revenu d'intégration du CPAS.",
      'Sie erhalten oder beantragen ein Eingliederungseinkommen des ÖSHZ.',
      'You receive, or ask for, a living wage from the public centre for social welfare.',
    ],
  },
  'PCSA:CO_RESIDENT': {
    name: ['Samenwonende', 'Cohabitant', 'Mitbewohner', 'Co-resident'],
    phrase: [
      'omdat u samenwoont met iemand die hulp krijgt',
      'parce que vous habitez avec une personne qui reçoit une aide',
      'weil Sie mit jemandem zusammenwohnen, der Hilfe erhält',
      'because you live with somebody who gets help',
    ],
    description: [
      'U woont op hetzelfde adres als iemand die hulp van het OCMW krijgt of vraagt.',
      "Vous habitez à la même adresse qu'une personne qui reçoit ou demande une aide du CPAS.",
      'Sie wohnen an derselben Adresse wie jemand, der Hilfe vom ÖSHZ erhält oder beantragt.',
      'You live at the same address as somebody who gets, or asks for, help from the public centre for social welfare.',
    ],
  },
  'NSSO:EMPLOYEE': {
    name: ['Werknemer', 'Travailleur salarié', 'Arbeitnehmer', 'Employee'],
    phrase: ['als werknemer', 'comme travailleur salarié', 'als Arbeitnehmer', 'as an employee'],
    description: [
      'Een werkgever heeft u aangegeven bij de sociale zekerheid.',
      'Un employeur vous a déclaré(e) à la sécurité sociale.',
      'Ein Arbeitgeber hat Sie bei der sozialen Sicherheit gemeldet.',
      'An employer has declared you to social security.',
    ],
  },
  'REGISTER:MAINTAINED': {
    name: ['Ingeschreven in het register', 'Inscrit au registre', 'Im Register eingetragen', 'Kept in the register'],
    phrase: [
      'omdat u in het Rijksregister staat',
      'parce que vous êtes inscrit(e) au Registre national',
      'weil Sie im Nationalregister stehen',
      'because you are in the National Register',
    ],
    description: [
      'Het Rijksregister houdt uw identificatiegegevens bij.',
      "Le Registre national conserve vos données d'identification.",
      'Das Nationalregister führt Ihre Identifikationsdaten.',
      'The National Register keeps your identification data.',
    ],
  },
};

const textOf = ([nl, fr, de, en]: Texts): Text => ({ nl, fr, de, en });

const termsOf = (kind: TermKind, words: Readonly<Record<string, Words>>): Term[] =>
  Object.entries(words).map(([name, one]) => ({
    kind,
    name,
    label: { name: textOf(one.name), phrase: textOf(one.phrase), description: textOf(one.description) },
  }));

/** What each name of the demo means, for citizens. */
export const TERMS: readonly Term[] = [
  ...termsOf(TermKind.TERM_KIND_DATA_SERVICE, DATA_SERVICES),
  ...termsOf(TermKind.TERM_KIND_FIELD_GROUP, FIELD_GROUPS),
  ...termsOf(TermKind.TERM_KIND_LEGAL_CONTEXT, LEGAL_CONTEXTS),
  ...termsOf(TermKind.TERM_KIND_INSCRIPTION_CONTEXT, INSCRIPTION_CONTEXTS),
];
