import { texts } from '../text/texts.js';

export const figuresTexts = texts({
  en: {
    title: 'What was exchanged',
    intro:
      'How often institutions asked for or received data of people. These are numbers only: nobody can be recognised in them.',
    month: 'Month',
    show: 'Show',
    institution: 'Institution',
    consultations: 'Questions',
    refusedConsultations: 'Of these, refused',
    deliveries: 'Changes received',
    inscriptions: 'Files opened or changed',
    total: 'Total',
    caption: 'What was exchanged in {month}',
    none: 'Nothing was exchanged in this month.',
    away: 'The figures are not available now. Try again in a few minutes.',
    download: 'Download this table (CSV)',
    explain: 'What the columns mean',
    explainConsultations:
      'Questions: an institution asked for data of a person. If it was not allowed to, it got nothing, and the question counts as refused.',
    explainDeliveries: 'Changes received: an institution was told that data of a person changed.',
    explainInscriptions:
      'Files opened or changed: an institution said that it has a file on a person, or changed what it had said.',
  },
  nl: {
    title: 'Wat uitgewisseld werd',
    intro:
      'Hoe vaak instellingen gegevens van mensen vroegen of ontvingen. Dit zijn alleen aantallen: niemand is erin te herkennen.',
    month: 'Maand',
    show: 'Tonen',
    institution: 'Instelling',
    consultations: 'Vragen',
    refusedConsultations: 'Waarvan geweigerd',
    deliveries: 'Ontvangen wijzigingen',
    inscriptions: 'Geopende of gewijzigde dossiers',
    total: 'Totaal',
    caption: 'Wat uitgewisseld werd in {month}',
    none: 'In deze maand werd niets uitgewisseld.',
    away: 'De cijfers zijn nu niet beschikbaar. Probeer opnieuw over enkele minuten.',
    download: 'Deze tabel downloaden (CSV)',
    explain: 'Wat de kolommen betekenen',
    explainConsultations:
      'Vragen: een instelling vroeg gegevens van een persoon. Mocht ze dat niet, dan kreeg ze niets, en telt de vraag als geweigerd.',
    explainDeliveries: 'Ontvangen wijzigingen: een instelling vernam dat gegevens van een persoon veranderden.',
    explainInscriptions:
      'Geopende of gewijzigde dossiers: een instelling meldde dat ze een dossier van een persoon heeft, of wijzigde wat ze had gemeld.',
  },
  fr: {
    title: 'Ce qui a été échangé',
    intro:
      'Combien de fois des institutions ont demandé ou reçu des données de personnes. Ce ne sont que des nombres : personne ne peut y être reconnu.',
    month: 'Mois',
    show: 'Afficher',
    institution: 'Institution',
    consultations: 'Questions',
    refusedConsultations: 'Dont refusées',
    deliveries: 'Changements reçus',
    inscriptions: 'Dossiers ouverts ou modifiés',
    total: 'Total',
    caption: 'Ce qui a été échangé en {month}',
    none: 'Rien n’a été échangé ce mois-là.',
    away: 'Les chiffres ne sont pas disponibles maintenant. Réessayez dans quelques minutes.',
    download: 'Télécharger ce tableau (CSV)',
    explain: 'Ce que signifient les colonnes',
    explainConsultations:
      'Questions : une institution a demandé des données d’une personne. Si elle n’en avait pas le droit, elle n’a rien reçu, et la question compte comme refusée.',
    explainDeliveries: 'Changements reçus : une institution a appris que des données d’une personne ont changé.',
    explainInscriptions:
      'Dossiers ouverts ou modifiés : une institution a signalé qu’elle a un dossier sur une personne, ou a modifié ce qu’elle avait signalé.',
  },
  de: {
    title: 'Was ausgetauscht wurde',
    intro:
      'Wie oft Einrichtungen Daten von Menschen abgefragt oder erhalten haben. Das sind nur Zahlen: niemand ist darin zu erkennen.',
    month: 'Monat',
    show: 'Anzeigen',
    institution: 'Einrichtung',
    consultations: 'Fragen',
    refusedConsultations: 'Davon abgelehnt',
    deliveries: 'Erhaltene Änderungen',
    inscriptions: 'Angelegte oder geänderte Akten',
    total: 'Summe',
    caption: 'Was ausgetauscht wurde: {month}',
    none: 'In diesem Monat wurde nichts ausgetauscht.',
    away: 'Die Zahlen sind jetzt nicht verfügbar. Versuchen Sie es in ein paar Minuten noch einmal.',
    download: 'Diese Tabelle herunterladen (CSV)',
    explain: 'Was die Spalten bedeuten',
    explainConsultations:
      'Fragen: Eine Einrichtung hat Daten einer Person abgefragt. Durfte sie das nicht, hat sie nichts erhalten, und die Frage zählt als abgelehnt.',
    explainDeliveries:
      'Erhaltene Änderungen: Eine Einrichtung hat erfahren, dass sich Daten einer Person geändert haben.',
    explainInscriptions:
      'Angelegte oder geänderte Akten: Eine Einrichtung hat gemeldet, dass sie eine Akte über eine Person hat, oder diese Meldung geändert.',
  },
});
