import type { Text } from '@crossroads/contracts/text/v1/text';
import type { RecordedReason } from '@crossroads/policy';

/** A label of a reason: its phrase stands by itself, after `because`. Each text in each language. */
interface ReasonLabel {
  readonly name: Text;
  readonly phrase: Text;
  readonly description: Text;
}

const text = (nl: string, fr: string, de: string, en: string): Text => ({ nl, fr, de, en });

const REFUSED = text(
  'De vraag is geweigerd. De instelling heeft geen gegevens over u gekregen.',
  "La demande a été refusée. L'institution n'a reçu aucune donnée vous concernant.",
  'Die Anfrage wurde abgelehnt. Die Einrichtung hat keine Daten über Sie erhalten.',
  'The question was refused. The institution received no data about you.',
);
const NO_ANSWER = text(
  'De instelling die deze gegevens bijhoudt, heeft geen bruikbaar antwoord gegeven. Er zijn geen gegevens doorgegeven.',
  "L'institution qui conserve ces données n'a pas donné de réponse utilisable. Aucune donnée n'a été transmise.",
  'Die Einrichtung, die diese Daten führt, hat keine brauchbare Antwort gegeben. Es wurden keine Daten weitergegeben.',
  'The institution that keeps these data gave no usable answer. No data were passed on.',
);
const CUT = text(
  'Dit gegeven is uit het antwoord verwijderd voordat de instelling het kreeg.',
  "Cette donnée a été retirée de la réponse avant que l'institution ne la reçoive.",
  'Diese Angabe wurde aus der Antwort entfernt, bevor die Einrichtung sie erhielt.',
  'This item was removed from the answer before the institution received it.',
);
const NOT_READ = text(
  'Het document is niet volledig geopend. U kunt het opnieuw proberen.',
  "Le document n'a pas été ouvert entièrement. Vous pouvez réessayer.",
  'Das Dokument wurde nicht vollständig geöffnet. Sie können es erneut versuchen.',
  'The document was not opened completely. You can try again.',
);

const WITHHELD = text(
  'De wijziging is tegengehouden. De instelling heeft ze niet gekregen.',
  "La modification a été retenue. L'institution ne l'a pas reçue.",
  'Die Änderung wurde zurückgehalten. Die Einrichtung hat sie nicht erhalten.',
  'The change was withheld. The institution did not receive it.',
);

const label = (name: Text, phrase: Text, description: Text): ReasonLabel => ({ name, phrase, description });

/** Words for each reason; one that is missing does not compile. */
export const REASON_LABELS: Readonly<Record<RecordedReason, ReasonLabel>> = {
  UNKNOWN_INSTITUTION: label(
    text('Onbekende instelling', 'Institution inconnue', 'Unbekannte Einrichtung', 'Unknown institution'),
    text(
      'de instelling is geen lid van het netwerk',
      "l'institution ne fait pas partie du réseau",
      'die Einrichtung gehört nicht zum Netzwerk',
      'the institution is not a member of the network',
    ),
    REFUSED,
  ),
  KEY_NOT_REGISTERED: label(
    text(
      'Toepassing niet geregistreerd',
      'Application non enregistrée',
      'Anwendung nicht registriert',
      'Application not registered',
    ),
    text(
      'de toepassing van de instelling is niet (meer) geregistreerd',
      "l'application de l'institution n'est pas (ou plus) enregistrée",
      'die Anwendung der Einrichtung ist nicht (mehr) registriert',
      "the institution's application is not registered, or no longer",
    ),
    REFUSED,
  ),
  NOT_REPRESENTED: label(
    text('Geen vertegenwoordiging', 'Pas de représentation', 'Keine Vertretung', 'No representation'),
    text(
      'de vrager mag niet optreden voor deze instelling',
      'le demandeur ne peut pas agir pour cette institution',
      'der Anfragende darf nicht für diese Einrichtung handeln',
      'the requester may not act for this institution',
    ),
    REFUSED,
  ),
  UNKNOWN_DATA_SERVICE: label(
    text('Onbekende gegevens', 'Données inconnues', 'Unbekannte Daten', 'Unknown data'),
    text(
      'deze gegevens bestaan niet in het netwerk',
      "ces données n'existent pas dans le réseau",
      'es gibt diese Daten im Netzwerk nicht',
      'the network does not have these data',
    ),
    REFUSED,
  ),
  UNKNOWN_LEGAL_CONTEXT: label(
    text('Onbekend doel', 'Finalité inconnue', 'Unbekannter Zweck', 'Unknown purpose'),
    text(
      'geen enkele beraadslaging kent dit doel',
      'aucune délibération ne connaît cette finalité',
      'keine Beratung kennt diesen Zweck',
      'no deliberation knows this purpose',
    ),
    REFUSED,
  ),
  NO_DELIBERATION: label(
    text('Geen beraadslaging', 'Pas de délibération', 'Keine Beratung', 'No deliberation'),
    text(
      'de instelling heeft geen beraadslaging voor deze gegevens',
      "l'institution n'a pas de délibération pour ces données",
      'die Einrichtung hat für diese Daten keine Beratung',
      'the institution has no deliberation for these data',
    ),
    REFUSED,
  ),
  LEGAL_CONTEXT_NOT_GRANTED: label(
    text('Doel niet toegestaan', 'Finalité non autorisée', 'Zweck nicht erlaubt', 'Purpose not allowed'),
    text(
      'de instelling mag deze gegevens niet voor dit doel krijgen',
      "l'institution ne peut pas recevoir ces données pour cette finalité",
      'die Einrichtung darf diese Daten nicht für diesen Zweck erhalten',
      'the institution may not receive these data for this purpose',
    ),
    REFUSED,
  ),
  DELIBERATION_REVOKED: label(
    text('Beraadslaging ingetrokken', 'Délibération retirée', 'Beratung zurückgezogen', 'Deliberation revoked'),
    text(
      'de beraadslaging is ingetrokken',
      'la délibération a été retirée',
      'die Beratung wurde zurückgezogen',
      'the deliberation was revoked',
    ),
    REFUSED,
  ),
  DELIBERATION_EXPIRED: label(
    text('Beraadslaging verlopen', 'Délibération expirée', 'Beratung abgelaufen', 'Deliberation expired'),
    text(
      'de beraadslaging geldt niet meer',
      "la délibération n'est plus valable",
      'die Beratung gilt nicht mehr',
      'the deliberation is no longer valid',
    ),
    REFUSED,
  ),
  DELIBERATION_NOT_YET_VALID: label(
    text(
      'Beraadslaging nog niet geldig',
      'Délibération pas encore valable',
      'Beratung noch nicht gültig',
      'Deliberation not yet valid',
    ),
    text(
      'de beraadslaging geldt nog niet',
      "la délibération n'est pas encore valable",
      'die Beratung gilt noch nicht',
      'the deliberation is not valid yet',
    ),
    REFUSED,
  ),
  NOT_GRANTED_ONLINE: label(
    text('Niet op vraag', 'Pas sur demande', 'Nicht auf Anfrage', 'Not on request'),
    text(
      'de instelling mag deze gegevens niet op elk moment opvragen',
      "l'institution ne peut pas demander ces données à tout moment",
      'die Einrichtung darf diese Daten nicht jederzeit abfragen',
      'the institution may not ask for these data at any time',
    ),
    REFUSED,
  ),
  NOT_GRANTED_BY_SUBSCRIPTION: label(
    text('Geen wijzigingen', 'Pas de modifications', 'Keine Änderungen', 'No changes'),
    text(
      'de instelling mag wijzigingen van deze gegevens niet automatisch krijgen',
      "l'institution ne peut pas recevoir automatiquement les modifications de ces données",
      'die Einrichtung darf Änderungen dieser Daten nicht automatisch erhalten',
      'the institution may not receive changes of these data automatically',
    ),
    REFUSED,
  ),
  OFFICIAL_NEEDED: label(
    text('Medewerker nodig', 'Agent requis', 'Mitarbeiter nötig', 'Official needed'),
    text(
      'een medewerker moet deze gegevens vragen, niet alleen software',
      'un agent doit demander ces données, pas seulement un logiciel',
      'ein Mitarbeiter muss diese Daten abfragen, nicht nur eine Software',
      'an official must ask for these data, not only software',
    ),
    REFUSED,
  ),
  NOT_INSCRIBED: label(
    text('Geen dossier', 'Pas de dossier', 'Keine Akte', 'No file'),
    text(
      'de instelling heeft geen dossier over u',
      "l'institution n'a pas de dossier à votre sujet",
      'die Einrichtung hat keine Akte über Sie',
      'the institution has no file on you',
    ),
    REFUSED,
  ),
  INSCRIPTION_CONTEXT_NOT_GRANTED: label(
    text('Dossier van een andere soort', 'Dossier d’un autre type', 'Akte anderer Art', 'File of another kind'),
    text(
      'het dossier van de instelling over u geeft geen recht op deze gegevens',
      "le dossier de l'institution à votre sujet ne donne pas droit à ces données",
      'die Akte der Einrichtung über Sie gibt kein Recht auf diese Daten',
      "the institution's file on you gives no right to these data",
    ),
    REFUSED,
  ),
  FIELD_GROUPS_NOT_GRANTED: label(
    text('Gegevens niet toegestaan', 'Données non autorisées', 'Daten nicht erlaubt', 'Data not allowed'),
    text(
      'geen enkele beraadslaging laat de instelling toe deze gegevens te krijgen',
      "aucune délibération ne permet à l'institution de recevoir ces données",
      'keine Beratung erlaubt der Einrichtung, diese Daten zu erhalten',
      'no deliberation lets the institution receive these data',
    ),
    REFUSED,
  ),
  UNKNOWN_FIELD_GROUP: label(
    text('Onbekend gegeven', 'Donnée inconnue', 'Unbekannte Angabe', 'Unknown item'),
    text(
      'de bron heeft dit gegeven niet',
      "la source n'a pas cette donnée",
      'die Quelle hat diese Angabe nicht',
      'the source does not have this item',
    ),
    CUT,
  ),
  NOT_GRANTED: label(
    text('Niet toegestaan', 'Non autorisé', 'Nicht erlaubt', 'Not allowed'),
    text(
      'de beraadslaging laat dit gegeven niet toe',
      "la délibération n'autorise pas cette donnée",
      'die Beratung erlaubt diese Angabe nicht',
      'the deliberation does not allow this item',
    ),
    CUT,
  ),
  NOT_REQUESTED: label(
    text('Niet gevraagd', 'Non demandé', 'Nicht angefragt', 'Not asked for'),
    text(
      'de instelling heeft dit gegeven niet gevraagd',
      "l'institution n'a pas demandé cette donnée",
      'die Einrichtung hat diese Angabe nicht angefragt',
      'the institution did not ask for this item',
    ),
    CUT,
  ),
  IN_NO_FIELD_GROUP: label(
    text('Niet beschreven', 'Non décrit', 'Nicht beschrieben', 'Not described'),
    text(
      'dit gegeven hoort niet bij wat de bron mag geven',
      'cette donnée ne fait pas partie de ce que la source peut donner',
      'diese Angabe gehört nicht zu dem, was die Quelle geben darf',
      'this item is not part of what the source may give',
    ),
    CUT,
  ),
  PERSON_NOT_AVAILABLE: label(
    text(
      'Geen toegang tot deze persoon',
      'Pas d’accès à cette personne',
      'Kein Zugang zu dieser Person',
      'No access to this person',
    ),
    text(
      'de instelling heeft geen dossier dat deze vraag toelaat',
      "l'institution n'a pas de dossier qui permet cette demande",
      'die Einrichtung hat keine Akte, die diese Anfrage erlaubt',
      'the institution has no file that allows this question',
    ),
    REFUSED,
  ),
  QUOTA_EXHAUSTED: label(
    text('Te veel personen', 'Trop de personnes', 'Zu viele Personen', 'Too many persons'),
    text(
      'de instelling heeft die dag al naar te veel personen gevraagd',
      "l'institution avait déjà demandé trop de personnes ce jour-là",
      'die Einrichtung hatte an diesem Tag schon nach zu vielen Personen gefragt',
      'the institution had asked about too many persons that day',
    ),
    REFUSED,
  ),
  REPLACED_SSIN: label(
    text('Vervangen nummer', 'Numéro remplacé', 'Ersetzte Nummer', 'Replaced number'),
    text(
      'het INSZ was vervangen door een ander',
      'le NISS avait été remplacé par un autre',
      'die ENSS war durch eine andere ersetzt worden',
      'the social security number had been replaced by another',
    ),
    REFUSED,
  ),
  CANCELED_SSIN: label(
    text('Geannuleerd nummer', 'Numéro annulé', 'Annullierte Nummer', 'Cancelled number'),
    text(
      'het INSZ was geannuleerd',
      'le NISS avait été annulé',
      'die ENSS war annulliert',
      'the social security number had been cancelled',
    ),
    REFUSED,
  ),
  UNKNOWN_SSIN: label(
    text('Onbekend nummer', 'Numéro inconnu', 'Unbekannte Nummer', 'Unknown number'),
    text(
      'niemand had dit INSZ',
      "personne n'avait ce NISS",
      'niemand hatte diese ENSS',
      'nobody had this social security number',
    ),
    REFUSED,
  ),
  SOURCE_UNAVAILABLE: label(
    text('Bron niet bereikbaar', 'Source inaccessible', 'Quelle nicht erreichbar', 'Source not available'),
    text(
      'de bron was niet bereikbaar',
      "la source n'était pas accessible",
      'die Quelle war nicht erreichbar',
      'the source could not be reached',
    ),
    NO_ANSWER,
  ),
  SOURCE_TIMEOUT: label(
    text('Geen tijdig antwoord', 'Pas de réponse à temps', 'Keine rechtzeitige Antwort', 'No answer in time'),
    text(
      'de bron antwoordde niet op tijd',
      "la source n'a pas répondu à temps",
      'die Quelle antwortete nicht rechtzeitig',
      'the source did not answer in time',
    ),
    NO_ANSWER,
  ),
  SOURCE_ANSWER_INVALID: label(
    text('Onbruikbaar antwoord', 'Réponse inutilisable', 'Unbrauchbare Antwort', 'Unusable answer'),
    text(
      'het antwoord van de bron was fout',
      'la réponse de la source était incorrecte',
      'die Antwort der Quelle war fehlerhaft',
      "the source's answer was wrong",
    ),
    NO_ANSWER,
  ),
  GRANT_CHANGED_MEANWHILE: label(
    text(
      'Toelating intussen gewijzigd',
      'Autorisation modifiée entre-temps',
      'Erlaubnis inzwischen geändert',
      'Permission changed meanwhile',
    ),
    text(
      'de toelating veranderde terwijl de vraag liep',
      "l'autorisation a changé pendant la demande",
      'die Erlaubnis änderte sich während der Anfrage',
      'the permission changed while the question was under way',
    ),
    REFUSED,
  ),
  NOTIFICATION: label(
    text('Enkel een melding', 'Notification seule', 'Nur eine Meldung', 'Notification only'),
    text(
      'alleen gemeld is dat er iets veranderd is',
      "seule l'existence d'un changement a été signalée",
      'nur gemeldet wurde, dass sich etwas geändert hat',
      'it was only told that something changed',
    ),
    text(
      'De instelling kreeg een melding zonder de gegevens zelf.',
      "L'institution a reçu une notification sans les données elles-mêmes.",
      'Die Einrichtung erhielt eine Meldung ohne die Daten selbst.',
      'The institution was notified without the data themselves.',
    ),
  ),
  CLOSED_BY_SUBSCRIBER: label(
    text('Abonnement beëindigd', 'Abonnement terminé', 'Abonnement beendet', 'Subscription ended'),
    text(
      'de instelling heeft haar abonnement beëindigd',
      "l'institution a mis fin à son abonnement",
      'die Einrichtung hat ihr Abonnement beendet',
      'the institution ended its subscription',
    ),
    WITHHELD,
  ),
  GRANT_REVOKED: label(
    text('Toelating ingetrokken', 'Autorisation retirée', 'Erlaubnis zurückgezogen', 'Permission revoked'),
    text(
      'de beraadslaging is ingetrokken',
      'la délibération a été retirée',
      'die Beratung wurde zurückgezogen',
      'the deliberation was revoked',
    ),
    WITHHELD,
  ),
  GRANT_EXPIRED: label(
    text('Toelating verlopen', 'Autorisation expirée', 'Erlaubnis abgelaufen', 'Permission expired'),
    text(
      'de beraadslaging geldt niet meer',
      "la délibération n'est plus valable",
      'die Beratung gilt nicht mehr',
      'the deliberation is no longer valid',
    ),
    WITHHELD,
  ),
  ERASED: label(
    text('Gegevens gewist', 'Données effacées', 'Daten gelöscht', 'Data erased'),
    text(
      'de gegevens zijn gewist',
      'les données ont été effacées',
      'die Daten wurden gelöscht',
      'the data were erased',
    ),
    WITHHELD,
  ),
  PERSON_MERGED: label(
    text('Nummers samengevoegd', 'Numéros fusionnés', 'Nummern zusammengeführt', 'Numbers merged'),
    text(
      'twee nummers bleken van dezelfde persoon te zijn',
      "deux numéros se sont révélés être ceux d'une même personne",
      'zwei Nummern gehörten derselben Person',
      'two numbers turned out to be of one person',
    ),
    WITHHELD,
  ),
  SNAPSHOT_ABANDONED: label(
    text('Verzending stopgezet', 'Envoi interrompu', 'Versand abgebrochen', 'Sending stopped'),
    text(
      'de verzending aan de instelling is stopgezet',
      "l'envoi à l'institution a été interrompu",
      'der Versand an die Einrichtung wurde abgebrochen',
      'the sending to the institution was stopped',
    ),
    WITHHELD,
  ),
  DOCUMENT_CHANGED: label(
    text('Document gewijzigd', 'Document modifié', 'Dokument geändert', 'Document changed'),
    text(
      'het document is niet meer wat verzonden was',
      "le document n'est plus celui qui a été envoyé",
      'das Dokument ist nicht mehr das, was versandt wurde',
      'the document is no longer what was sent',
    ),
    NOT_READ,
  ),
  OUTCOME_UNKNOWN: label(
    text('Afloop onbekend', 'Issue inconnue', 'Ausgang unbekannt', 'Outcome unknown'),
    text(
      'de verwerking is onderbroken',
      'le traitement a été interrompu',
      'die Verarbeitung wurde unterbrochen',
      'the processing was interrupted',
    ),
    text(
      'Het is niet bekend of er gegevens zijn doorgegeven. Ga ervan uit dat de instelling ze gekregen heeft.',
      "On ne sait pas si des données ont été transmises. Considérez que l'institution les a reçues.",
      'Es ist nicht bekannt, ob Daten weitergegeben wurden. Gehen Sie davon aus, dass die Einrichtung sie erhalten hat.',
      'It is not known whether data were passed on. Assume that the institution received them.',
    ),
  ),
  BROKEN_OFF: label(
    text('Afgebroken', 'Interrompu', 'Abgebrochen', 'Broken off'),
    text(
      'het downloaden is afgebroken',
      'le téléchargement a été interrompu',
      'das Herunterladen wurde abgebrochen',
      'the download was broken off',
    ),
    NOT_READ,
  ),
  FAILED: label(
    text('Mislukt', 'Échec', 'Fehlgeschlagen', 'Failed'),
    text(
      'er is een technische fout opgetreden',
      'une erreur technique est survenue',
      'es ist ein technischer Fehler aufgetreten',
      'a technical error occurred',
    ),
    NOT_READ,
  ),
  READER_TOO_SLOW: label(
    text('Te traag', 'Trop lent', 'Zu langsam', 'Too slow'),
    text(
      'het downloaden duurde te lang',
      'le téléchargement a duré trop longtemps',
      'das Herunterladen dauerte zu lange',
      'the download took too long',
    ),
    NOT_READ,
  ),
  DOCUMENT_PROVIDER_BUSY: label(
    text('Afzender overbelast', 'Expéditeur surchargé', 'Absender überlastet', 'Sender busy'),
    text(
      'de bewaarder van het document was overbelast',
      'le détenteur du document était surchargé',
      'der Verwahrer des Dokuments war überlastet',
      'the keeper of the document was too busy',
    ),
    NOT_READ,
  ),
  DOCUMENT_TEMPORARILY_UNAVAILABLE: label(
    text(
      'Document tijdelijk niet beschikbaar',
      'Document temporairement indisponible',
      'Dokument vorübergehend nicht verfügbar',
      'Document temporarily unavailable',
    ),
    text(
      'het document was tijdelijk niet beschikbaar',
      'le document était temporairement indisponible',
      'das Dokument war vorübergehend nicht verfügbar',
      'the document was temporarily unavailable',
    ),
    NOT_READ,
  ),
};
