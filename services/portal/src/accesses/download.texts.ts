import { texts } from '../text/texts.js';

export const downloadTexts = texts({
  en: {
    cut: 'THE LIST IS LONGER: this file ends after {count} lines. Choose a period to download the rest.',
    broken: 'THE LIST IS NOT COMPLETE: the service stopped answering. Download it again later.',
  },
  nl: {
    cut: 'DE LIJST IS LANGER: dit bestand eindigt na {count} regels. Kies een periode om de rest te downloaden.',
    broken: 'DE LIJST IS NIET VOLLEDIG: de dienst antwoordde niet meer. Download ze later opnieuw.',
  },
  fr: {
    cut: 'LA LISTE EST PLUS LONGUE : ce fichier s’arrête après {count} lignes. Choisissez une période pour télécharger le reste.',
    broken: 'LA LISTE N’EST PAS COMPLÈTE : le service ne répond plus. Téléchargez-la à nouveau plus tard.',
  },
  de: {
    cut: 'DIE LISTE IST LÄNGER: Diese Datei endet nach {count} Zeilen. Wählen Sie einen Zeitraum, um den Rest herunterzuladen.',
    broken:
      'DIE LISTE IST NICHT VOLLSTÄNDIG: Der Dienst antwortet nicht mehr. Laden Sie sie später noch einmal herunter.',
  },
});
