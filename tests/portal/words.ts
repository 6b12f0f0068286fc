/** What a visitor reads on the way through the portal and the sign-in provider, by language. */
export const WORDS = {
  nl: {
    signIn: 'Aanmelden',
    number: 'Rijksregisternummer',
    signOut: 'Afmelden',
    leave: 'Ja, afmelden',
    skip: 'Ga naar de inhoud',
  },
  fr: {
    signIn: 'Se connecter',
    number: 'Numéro de registre national',
    signOut: 'Se déconnecter',
    leave: 'Oui, me déconnecter',
    skip: 'Aller au contenu',
  },
  de: {
    signIn: 'Anmelden',
    number: 'Nationalregisternummer',
    signOut: 'Abmelden',
    leave: 'Ja, abmelden',
    skip: 'Zum Inhalt',
  },
  en: {
    signIn: 'Sign in',
    number: 'National register number',
    signOut: 'Sign out',
    leave: 'Yes, sign out',
    skip: 'Skip to main content',
  },
} as const;

export type Language = keyof typeof WORDS;

export const LANGUAGES = Object.keys(WORDS) as Language[];
