/** The languages of the page. */
export type Language = 'nl' | 'fr' | 'de' | 'en';

const LANGUAGES: readonly Language[] = ['nl', 'fr', 'de', 'en'];

const TEXTS = {
  en: {
    title: 'Who are you?',
    demonstration: 'This is a demonstration.',
    explanation:
      'Choose anybody, and you sign in as that person. There is no password, and nobody here exists. In production, people sign in by an official means, such as their identity card.',
    number: 'National register number',
    numberHint: '11 digits, also of somebody who is not in the list',
    wrongNumber: 'This is not a valid number. Check the 11 digits.',
    enterprise: 'Act for an enterprise (optional)',
    enterpriseNumber: 'Enterprise number',
    wrongEnterprise: 'An enterprise number has 10 digits.',
    role: 'Role',
    signIn: 'Sign in',
    people: 'People of the demonstration',
    search: 'Search by name or number',
    find: 'Search',
    none: 'Nobody was found.',
    page: 'Page {page} of {pages}',
    previous: 'Previous page',
    next: 'Next page',
    cancel: 'Cancel',
    expired: 'This sign-in has expired. Go back to where you came from, and start again.',
    failed: 'Signing in did not work. Go back to where you came from, and start again.',
    signOut: 'Do you want to sign out?',
    yes: 'Yes, sign out',
    signedOut: 'You have signed out.',
  },
  nl: {
    title: 'Wie bent u?',
    demonstration: 'Dit is een demonstratie.',
    explanation:
      'Kies om het even wie: u meldt zich aan als die persoon. Er is geen wachtwoord, en niemand hier bestaat echt. In het echt melden mensen zich aan met een officieel middel, zoals hun identiteitskaart.',
    number: 'Rijksregisternummer',
    numberHint: '11 cijfers, ook van iemand die niet in de lijst staat',
    wrongNumber: 'Dit is geen geldig nummer. Kijk de 11 cijfers na.',
    enterprise: 'Optreden voor een onderneming (niet verplicht)',
    enterpriseNumber: 'Ondernemingsnummer',
    wrongEnterprise: 'Een ondernemingsnummer heeft 10 cijfers.',
    role: 'Rol',
    signIn: 'Aanmelden',
    people: 'Personen van de demonstratie',
    search: 'Zoeken op naam of nummer',
    find: 'Zoeken',
    none: 'Niemand gevonden.',
    page: 'Pagina {page} van {pages}',
    previous: 'Vorige pagina',
    next: 'Volgende pagina',
    cancel: 'Annuleren',
    expired: 'Deze aanmelding is verlopen. Ga terug naar waar u vandaan kwam en begin opnieuw.',
    failed: 'Het aanmelden is niet gelukt. Ga terug naar waar u vandaan kwam en begin opnieuw.',
    signOut: 'Wilt u zich afmelden?',
    yes: 'Ja, afmelden',
    signedOut: 'U bent afgemeld.',
  },
  fr: {
    title: 'Qui êtes-vous ?',
    demonstration: 'Ceci est une démonstration.',
    explanation:
      'Choisissez n’importe qui : vous vous connectez en tant que cette personne. Il n’y a pas de mot de passe, et personne ici n’existe. En réalité, on se connecte par un moyen officiel, comme la carte d’identité.',
    number: 'Numéro de registre national',
    numberHint: '11 chiffres, aussi d’une personne qui n’est pas dans la liste',
    wrongNumber: 'Ce numéro n’est pas valable. Vérifiez les 11 chiffres.',
    enterprise: 'Agir pour une entreprise (facultatif)',
    enterpriseNumber: 'Numéro d’entreprise',
    wrongEnterprise: 'Un numéro d’entreprise compte 10 chiffres.',
    role: 'Rôle',
    signIn: 'Se connecter',
    people: 'Personnes de la démonstration',
    search: 'Rechercher par nom ou par numéro',
    find: 'Rechercher',
    none: 'Personne n’a été trouvé.',
    page: 'Page {page} sur {pages}',
    previous: 'Page précédente',
    next: 'Page suivante',
    cancel: 'Annuler',
    expired: 'Cette connexion a expiré. Retournez là d’où vous venez et recommencez.',
    failed: 'La connexion a échoué. Retournez là d’où vous venez et recommencez.',
    signOut: 'Voulez-vous vous déconnecter ?',
    yes: 'Oui, me déconnecter',
    signedOut: 'Vous êtes déconnecté.',
  },
  de: {
    title: 'Wer sind Sie?',
    demonstration: 'Dies ist eine Vorführung.',
    explanation:
      'Wählen Sie irgendjemanden: Sie melden sich als diese Person an. Es gibt kein Passwort, und niemand hier existiert wirklich. In Wirklichkeit meldet man sich mit einem amtlichen Mittel an, zum Beispiel mit dem Personalausweis.',
    number: 'Nationalregisternummer',
    numberHint: '11 Ziffern, auch von jemandem, der nicht in der Liste steht',
    wrongNumber: 'Diese Nummer ist nicht gültig. Prüfen Sie die 11 Ziffern.',
    enterprise: 'Für ein Unternehmen handeln (freiwillig)',
    enterpriseNumber: 'Unternehmensnummer',
    wrongEnterprise: 'Eine Unternehmensnummer hat 10 Ziffern.',
    role: 'Rolle',
    signIn: 'Anmelden',
    people: 'Personen der Vorführung',
    search: 'Nach Name oder Nummer suchen',
    find: 'Suchen',
    none: 'Niemand gefunden.',
    page: 'Seite {page} von {pages}',
    previous: 'Vorige Seite',
    next: 'Nächste Seite',
    cancel: 'Abbrechen',
    expired: 'Diese Anmeldung ist abgelaufen. Gehen Sie dorthin zurück, woher Sie kamen, und beginnen Sie noch einmal.',
    failed:
      'Die Anmeldung ist nicht gelungen. Gehen Sie dorthin zurück, woher Sie kamen, und beginnen Sie noch einmal.',
    signOut: 'Möchten Sie sich abmelden?',
    yes: 'Ja, abmelden',
    signedOut: 'Sie sind abgemeldet.',
  },
} as const satisfies Record<Language, Record<string, string>>;

export type TextKey = keyof (typeof TEXTS)['en'];

export const textOf = (language: Language, key: TextKey): string => TEXTS[language][key];

/** What the client asked for, then what the browser prefers. */
export const languageOf = (uiLocales: string | undefined, acceptLanguage: string | undefined): Language => {
  const wanted = [...(uiLocales ?? '').split(' '), ...preferred(acceptLanguage ?? '')];
  for (const one of wanted) {
    const found = LANGUAGES.find((language) => language === one.slice(0, 2).toLowerCase());
    if (found) return found;
  }
  return 'en';
};

const preferred = (header: string): string[] =>
  header
    .split(',')
    .map((part) => {
      const [language = '', ...parameters] = part.trim().split(';');
      const quality = parameters.find((parameter) => parameter.trim().startsWith('q='));
      return { language, quality: quality === undefined ? 1 : Number(quality.trim().slice(2)) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ language }) => language);
