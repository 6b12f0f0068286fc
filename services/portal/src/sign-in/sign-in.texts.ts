import { texts } from '../text/texts.js';

export const signInTexts = texts({
  en: {
    failed: 'You are not signed in',
    refused: 'Signing in was broken off, or the sign-in service refused it.',
    notOurs:
      'This sign-in was begun in another browser, was used already, or took too long. That is not dangerous: nobody is signed in by it.',
    tooWeak:
      'You signed in with a means that is not strong enough for these pages. Use your identity card or an equal means.',
    again: 'Sign in again',
  },
  nl: {
    failed: 'U bent niet aangemeld',
    refused: 'Het aanmelden werd afgebroken of door de aanmelddienst geweigerd.',
    notOurs:
      'Deze aanmelding werd in een andere browser begonnen, werd al gebruikt of duurde te lang. Dat is niet gevaarlijk: niemand is ermee aangemeld.',
    tooWeak:
      'U hebt zich aangemeld met een middel dat voor deze pagina’s niet sterk genoeg is. Gebruik uw identiteitskaart of een gelijkwaardig middel.',
    again: 'Opnieuw aanmelden',
  },
  fr: {
    failed: 'Vous n’êtes pas connecté',
    refused: 'La connexion a été interrompue, ou le service de connexion l’a refusée.',
    notOurs:
      'Cette connexion a été commencée dans un autre navigateur, a déjà été utilisée ou a duré trop longtemps. Ce n’est pas dangereux : personne n’est connecté par elle.',
    tooWeak:
      'Vous vous êtes connecté par un moyen qui n’est pas assez sûr pour ces pages. Utilisez votre carte d’identité ou un moyen équivalent.',
    again: 'Se connecter à nouveau',
  },
  de: {
    failed: 'Sie sind nicht angemeldet',
    refused: 'Die Anmeldung wurde abgebrochen oder vom Anmeldedienst abgelehnt.',
    notOurs:
      'Diese Anmeldung wurde in einem anderen Browser begonnen, wurde schon verwendet oder hat zu lange gedauert. Das ist nicht gefährlich: Niemand ist dadurch angemeldet.',
    tooWeak:
      'Sie haben sich mit einem Mittel angemeldet, das für diese Seiten nicht sicher genug ist. Verwenden Sie Ihren Personalausweis oder ein gleichwertiges Mittel.',
    again: 'Erneut anmelden',
  },
});
