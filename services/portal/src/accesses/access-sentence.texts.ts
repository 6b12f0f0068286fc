import { texts } from '../text/texts.js';

/**
 * One sentence for each story of a line. `data` is the object of its verb (in German in the accusative), `purpose` follows a comma, `count`
 * is how often it happened.
 */
export const sentenceTexts = texts({
  en: {
    consulted: '{institution} looked up {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}.',
    consultedInVain:
      '{institution} looked for {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}, and found nothing.',
    consultedWithoutResult:
      '{institution} wanted to look up {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}, and got no answer: {reason}.',
    consultationRefused:
      '{institution} wanted to look up {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}, and was refused: {reason}.',
    consultationUnknown:
      '{institution} asked for {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}. It is not known whether it got an answer.',
    consultationUnderWay:
      '{institution} asked for {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}. The answer is still under way.',
    delivered: '{institution} was sent {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}.',
    deliveryRefused:
      '{institution} was to be sent {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}, but this was refused: {reason}.',
    deliveryUnknown:
      '{institution} was to be sent {data}{count, plural, =1 {} other { # times}} on {date}, {purpose}. It is not known whether it arrived.',
    deliveryUnderWay:
      '{institution} is being sent {data}{count, plural, =1 {} other { # times}}, {purpose}. This began on {date}.',
    ownList: 'You looked at this list{count, plural, =1 {} other { # times}} on {date}.',
    ownPerson: 'You looked at what is known about you{count, plural, =1 {} other { # times}} on {date}.',
    ownInscriptions: 'You looked at who has a file on you{count, plural, =1 {} other { # times}} on {date}.',
    ownOther: 'You looked at your own data{count, plural, =1 {} other { # times}} on {date}.',
    mailByOwner:
      '{what, select, list {You opened the list of your mail on {date}.} message {You opened a message from {sender} on {date}.} other {You opened a document from {sender} on {date}.}}',
    mailByDelegate:
      '{what, select, list {Somebody whom you let read your mail opened its list on {date}.} message {Somebody whom you let read your mail opened a message from {sender} on {date}.} other {Somebody whom you let read your mail opened a document from {sender} on {date}.}}',
    mailByEnterprise:
      '{what, select, list {Somebody who reads mail for the enterprise opened its list on {date}.} message {Somebody who reads mail for the enterprise opened a message from {sender} on {date}.} other {Somebody who reads mail for the enterprise opened a document from {sender} on {date}.}}',
    mailRefused: 'Somebody wanted to open your mail on {date}, and was refused: {reason}.',
    mailUnknown: 'Somebody asked to open your mail on {date}. It is not known whether it was shown.',
    inscribed: '{institution} reported on {date} that it has a file on you, {context}.',
    inscriptionEnded: '{institution} reported on {date} that its file on you ends, {context}.',
    mergeProposed: 'An official of {institution} proposed on {date} to treat two national numbers as yours.',
    mergeConfirmed:
      'A second official, of {institution}, confirmed on {date} that two national numbers are yours. This takes effect on {effective}.',
    mergeEffective: 'Since {effective}, two national numbers count as yours.',
    mergeContested: 'An official of {institution} objected on {date} to treating two national numbers as yours.',
    mergeContestedByPerson:
      'One of the persons concerned objected on {date} to treating two national numbers as yours.',
    mergeLapsed: 'The proposal to treat two national numbers as yours ended on {date} without effect.',
    cancellationProposed: 'An official of {institution} proposed on {date} to cancel a national number of yours.',
    cancellationConfirmed:
      'A second official, of {institution}, confirmed on {date} that a national number of yours is cancelled.',
    cancellationEffective: 'A national number of yours was cancelled on {date}.',
    cancellationContested: 'An official of {institution} objected on {date} to cancelling a national number of yours.',
    cancellationContestedByPerson: 'The person concerned objected on {date} to cancelling a national number.',
    cancellationLapsed: 'The proposal to cancel a national number of yours ended on {date} without effect.',
    erased: 'On {date} there was an entry here. What it said was erased.',
    other: 'Something was recorded about you on {date} that this page cannot put in words yet.',
    purposeCode: 'for the purpose “{code}”',
    purposeMissing: 'for a purpose that was not recorded',
    reasonMissing: 'no reason was recorded',
    contextCode: 'as “{code}”',
    contextMissing: 'without saying why',
    dataMissing: 'your data',
    dataCode: '“{code}”',
    institutionMissing: 'An institution that was not recorded',
    service: 'the service “{code}” of the network',
  },
  nl: {
    consulted: '{institution} heeft {data}{count, plural, =1 {} other { # keer}} opgezocht op {date}, {purpose}.',
    consultedInVain:
      '{institution} heeft {data}{count, plural, =1 {} other { # keer}} gezocht op {date}, {purpose}, en niets gevonden.',
    consultedWithoutResult:
      '{institution} wilde {data}{count, plural, =1 {} other { # keer}} opzoeken op {date}, {purpose}, en kreeg geen antwoord: {reason}.',
    consultationRefused:
      '{institution} wilde {data}{count, plural, =1 {} other { # keer}} opzoeken op {date}, {purpose}. Dat werd geweigerd: {reason}.',
    consultationUnknown:
      '{institution} heeft {data}{count, plural, =1 {} other { # keer}} gevraagd op {date}, {purpose}. Het is niet bekend of er een antwoord kwam.',
    consultationUnderWay:
      '{institution} heeft {data}{count, plural, =1 {} other { # keer}} gevraagd op {date}, {purpose}. Het antwoord is nog onderweg.',
    delivered: '{institution} heeft {data}{count, plural, =1 {} other { # keer}} ontvangen op {date}, {purpose}.',
    deliveryRefused:
      '{institution} zou {data}{count, plural, =1 {} other { # keer}} ontvangen op {date}, {purpose}. Dat werd geweigerd: {reason}.',
    deliveryUnknown:
      '{institution} zou {data}{count, plural, =1 {} other { # keer}} ontvangen op {date}, {purpose}. Het is niet bekend of dat gebeurd is.',
    deliveryUnderWay:
      '{institution} krijgt {data}{count, plural, =1 {} other { # keer}} toegestuurd, {purpose}. Dat begon op {date}.',
    ownList: 'U hebt deze lijst{count, plural, =1 {} other { # keer}} bekeken op {date}.',
    ownPerson: 'U hebt{count, plural, =1 {} other { # keer}} bekeken wat er over u bekend is, op {date}.',
    ownInscriptions: 'U hebt{count, plural, =1 {} other { # keer}} bekeken wie een dossier over u heeft, op {date}.',
    ownOther: 'U hebt uw eigen gegevens{count, plural, =1 {} other { # keer}} bekeken op {date}.',
    mailByOwner:
      '{what, select, list {U hebt de lijst van uw berichten geopend op {date}.} message {U hebt een bericht van {sender} geopend op {date}.} other {U hebt een document van {sender} geopend op {date}.}}',
    mailByDelegate:
      '{what, select, list {Iemand die uw post mag lezen, heeft de lijst van uw berichten geopend op {date}.} message {Iemand die uw post mag lezen, heeft een bericht van {sender} geopend op {date}.} other {Iemand die uw post mag lezen, heeft een document van {sender} geopend op {date}.}}',
    mailByEnterprise:
      '{what, select, list {Iemand die de post van de onderneming leest, heeft de lijst ervan geopend op {date}.} message {Iemand die de post van de onderneming leest, heeft een bericht van {sender} geopend op {date}.} other {Iemand die de post van de onderneming leest, heeft een document van {sender} geopend op {date}.}}',
    mailRefused: 'Iemand wilde uw post openen op {date}. Dat werd geweigerd: {reason}.',
    mailUnknown: 'Iemand vroeg om uw post te openen op {date}. Het is niet bekend of die getoond is.',
    inscribed: '{institution} heeft op {date} gemeld dat er een dossier over u is, {context}.',
    inscriptionEnded: '{institution} heeft op {date} gemeld dat het dossier over u eindigt, {context}.',
    mergeProposed:
      'Een ambtenaar van {institution} stelde op {date} voor om twee rijksregisternummers als de uwe te beschouwen.',
    mergeConfirmed:
      'Een tweede ambtenaar, van {institution}, bevestigde op {date} dat twee rijksregisternummers van u zijn. Dat geldt vanaf {effective}.',
    mergeEffective: 'Sinds {effective} gelden twee rijksregisternummers als de uwe.',
    mergeContested:
      'Een ambtenaar van {institution} maakte op {date} bezwaar om twee rijksregisternummers als de uwe te beschouwen.',
    mergeContestedByPerson:
      'Een van de betrokken personen maakte op {date} bezwaar om twee rijksregisternummers als de uwe te beschouwen.',
    mergeLapsed: 'Het voorstel om twee rijksregisternummers als de uwe te beschouwen verviel op {date} zonder gevolg.',
    cancellationProposed:
      'Een ambtenaar van {institution} stelde op {date} voor om een rijksregisternummer van u te schrappen.',
    cancellationConfirmed:
      'Een tweede ambtenaar, van {institution}, bevestigde op {date} dat een rijksregisternummer van u geschrapt wordt.',
    cancellationEffective: 'Een rijksregisternummer van u werd geschrapt op {date}.',
    cancellationContested:
      'Een ambtenaar van {institution} maakte op {date} bezwaar tegen het schrappen van een rijksregisternummer van u.',
    cancellationContestedByPerson:
      'De betrokken persoon maakte op {date} bezwaar tegen het schrappen van een rijksregisternummer.',
    cancellationLapsed: 'Het voorstel om een rijksregisternummer van u te schrappen verviel op {date} zonder gevolg.',
    erased: 'Op {date} stond hier iets. De inhoud ervan is gewist.',
    other: 'Op {date} werd iets over u vastgelegd dat deze pagina nog niet in woorden kan zeggen.',
    purposeCode: 'voor het doel “{code}”',
    purposeMissing: 'voor een doel dat niet vastgelegd is',
    reasonMissing: 'er is geen reden vastgelegd',
    contextCode: 'als “{code}”',
    contextMissing: 'zonder te zeggen waarom',
    dataMissing: 'uw gegevens',
    dataCode: '“{code}”',
    institutionMissing: 'Een instelling die niet vastgelegd is',
    service: 'de dienst “{code}” van het netwerk',
  },
  fr: {
    consulted: '{institution} a consulté {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}.',
    consultedInVain:
      '{institution} a cherché {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}, et n’a rien trouvé.',
    consultedWithoutResult:
      '{institution} a voulu consulter {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}, et n’a pas reçu de réponse : {reason}.',
    consultationRefused:
      '{institution} a voulu consulter {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}. Cela a été refusé : {reason}.',
    consultationUnknown:
      '{institution} a demandé {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}. On ne sait pas si une réponse est arrivée.',
    consultationUnderWay:
      '{institution} a demandé {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}. La réponse est encore en route.',
    delivered: '{institution} a reçu {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}.',
    deliveryRefused:
      '{institution} devait recevoir {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}. Cela a été refusé : {reason}.',
    deliveryUnknown:
      '{institution} devait recevoir {data}{count, plural, =1 {} other { # fois}} le {date}, {purpose}. On ne sait pas si cela a eu lieu.',
    deliveryUnderWay:
      '{institution} est en train de recevoir {data}{count, plural, =1 {} other { # fois}}, {purpose}. Cela a commencé le {date}.',
    ownList: 'Vous avez regardé cette liste{count, plural, =1 {} other { # fois}} le {date}.',
    ownPerson: 'Vous avez regardé{count, plural, =1 {} other { # fois}} ce qui est connu de vous, le {date}.',
    ownInscriptions: 'Vous avez regardé{count, plural, =1 {} other { # fois}} qui a un dossier sur vous, le {date}.',
    ownOther: 'Vous avez regardé vos propres données{count, plural, =1 {} other { # fois}} le {date}.',
    mailByOwner:
      '{what, select, list {Vous avez ouvert la liste de votre courrier le {date}.} message {Vous avez ouvert un message envoyé par {sender} le {date}.} other {Vous avez ouvert un document envoyé par {sender} le {date}.}}',
    mailByDelegate:
      '{what, select, list {Une personne que vous laissez lire votre courrier en a ouvert la liste le {date}.} message {Une personne que vous laissez lire votre courrier a ouvert un message envoyé par {sender} le {date}.} other {Une personne que vous laissez lire votre courrier a ouvert un document envoyé par {sender} le {date}.}}',
    mailByEnterprise:
      '{what, select, list {Une personne qui lit le courrier de l’entreprise en a ouvert la liste le {date}.} message {Une personne qui lit le courrier de l’entreprise a ouvert un message envoyé par {sender} le {date}.} other {Une personne qui lit le courrier de l’entreprise a ouvert un document envoyé par {sender} le {date}.}}',
    mailRefused: 'Quelqu’un a voulu ouvrir votre courrier le {date}. Cela a été refusé : {reason}.',
    mailUnknown: 'Quelqu’un a demandé à ouvrir votre courrier le {date}. On ne sait pas s’il a été montré.',
    inscribed: '{institution} a déclaré le {date} avoir un dossier sur vous, {context}.',
    inscriptionEnded: '{institution} a déclaré le {date} que son dossier sur vous prend fin, {context}.',
    mergeProposed:
      '{institution} : un agent a proposé le {date} de considérer deux numéros de registre national comme les vôtres.',
    mergeConfirmed:
      '{institution} : un second agent a confirmé le {date} que deux numéros de registre national sont les vôtres. Cela prend effet le {effective}.',
    mergeEffective: 'Depuis le {effective}, deux numéros de registre national sont considérés comme les vôtres.',
    mergeContested:
      '{institution} : un agent s’est opposé le {date} à ce que deux numéros de registre national soient considérés comme les vôtres.',
    mergeContestedByPerson:
      'Une des personnes concernées s’est opposée le {date} à ce que deux numéros de registre national soient considérés comme les vôtres.',
    mergeLapsed:
      'La proposition de considérer deux numéros de registre national comme les vôtres a pris fin le {date} sans effet.',
    cancellationProposed:
      '{institution} : un agent a proposé le {date} d’annuler un de vos numéros de registre national.',
    cancellationConfirmed:
      '{institution} : un second agent a confirmé le {date} l’annulation d’un de vos numéros de registre national.',
    cancellationEffective: 'Un de vos numéros de registre national a été annulé le {date}.',
    cancellationContested:
      '{institution} : un agent s’est opposé le {date} à l’annulation d’un de vos numéros de registre national.',
    cancellationContestedByPerson:
      'La personne concernée s’est opposée le {date} à l’annulation d’un numéro de registre national.',
    cancellationLapsed:
      'La proposition d’annuler un de vos numéros de registre national a pris fin le {date} sans effet.',
    erased: 'Il y avait ici une ligne du {date}. Son contenu a été effacé.',
    other: 'Le {date}, quelque chose a été enregistré à votre sujet que cette page ne sait pas encore décrire.',
    purposeCode: 'dans le but « {code} »',
    purposeMissing: 'dans un but qui n’a pas été enregistré',
    reasonMissing: 'aucune raison n’a été enregistrée',
    contextCode: 'comme « {code} »',
    contextMissing: 'sans dire pourquoi',
    dataMissing: 'vos données',
    dataCode: '« {code} »',
    institutionMissing: 'Une institution qui n’a pas été enregistrée',
    service: 'le service « {code} » du réseau',
  },
  de: {
    consulted: '{institution} hat {data} am {date}{count, plural, =1 {} other { #-mal}} abgefragt, {purpose}.',
    consultedInVain:
      '{institution} hat {data} am {date}{count, plural, =1 {} other { #-mal}} gesucht, {purpose}, und nichts gefunden.',
    consultedWithoutResult:
      '{institution} wollte {data} am {date}{count, plural, =1 {} other { #-mal}} abfragen, {purpose}, und bekam keine Antwort: {reason}.',
    consultationRefused:
      '{institution} wollte {data} am {date}{count, plural, =1 {} other { #-mal}} abfragen, {purpose}. Das wurde verweigert: {reason}.',
    consultationUnknown:
      '{institution} hat {data} am {date}{count, plural, =1 {} other { #-mal}} angefordert, {purpose}. Es ist nicht bekannt, ob eine Antwort ankam.',
    consultationUnderWay:
      '{institution} hat {data} am {date}{count, plural, =1 {} other { #-mal}} angefordert, {purpose}. Die Antwort ist noch unterwegs.',
    delivered: '{institution} hat {data} am {date}{count, plural, =1 {} other { #-mal}} erhalten, {purpose}.',
    deliveryRefused:
      '{institution} sollte {data} am {date}{count, plural, =1 {} other { #-mal}} erhalten, {purpose}. Das wurde verweigert: {reason}.',
    deliveryUnknown:
      '{institution} sollte {data} am {date}{count, plural, =1 {} other { #-mal}} erhalten, {purpose}. Es ist nicht bekannt, ob das geschehen ist.',
    deliveryUnderWay:
      '{institution} bekommt {data}{count, plural, =1 {} other { #-mal}} zugesandt, {purpose}. Das begann am {date}.',
    ownList: 'Sie haben diese Liste am {date}{count, plural, =1 {} other { #-mal}} angesehen.',
    ownPerson: 'Sie haben am {date}{count, plural, =1 {} other { #-mal}} angesehen, was über Sie bekannt ist.',
    ownInscriptions:
      'Sie haben am {date}{count, plural, =1 {} other { #-mal}} angesehen, wer eine Akte über Sie führt.',
    ownOther: 'Sie haben Ihre eigenen Daten am {date}{count, plural, =1 {} other { #-mal}} angesehen.',
    mailByOwner:
      '{what, select, list {Sie haben am {date} die Liste Ihrer Post geöffnet.} message {Sie haben am {date} eine Nachricht von {sender} geöffnet.} other {Sie haben am {date} ein Dokument von {sender} geöffnet.}}',
    mailByDelegate:
      '{what, select, list {Jemand, der Ihre Post lesen darf, hat am {date} deren Liste geöffnet.} message {Jemand, der Ihre Post lesen darf, hat am {date} eine Nachricht von {sender} geöffnet.} other {Jemand, der Ihre Post lesen darf, hat am {date} ein Dokument von {sender} geöffnet.}}',
    mailByEnterprise:
      '{what, select, list {Jemand, der die Post des Unternehmens liest, hat am {date} deren Liste geöffnet.} message {Jemand, der die Post des Unternehmens liest, hat am {date} eine Nachricht von {sender} geöffnet.} other {Jemand, der die Post des Unternehmens liest, hat am {date} ein Dokument von {sender} geöffnet.}}',
    mailRefused: 'Jemand wollte am {date} Ihre Post öffnen. Das wurde verweigert: {reason}.',
    mailUnknown: 'Jemand hat am {date} verlangt, Ihre Post zu öffnen. Es ist nicht bekannt, ob sie gezeigt wurde.',
    inscribed: '{institution} hat am {date} gemeldet, dass es eine Akte über Sie gibt, {context}.',
    inscriptionEnded: '{institution} hat am {date} gemeldet, dass die Akte über Sie endet, {context}.',
    mergeProposed:
      '{institution}: Ein Beamter hat am {date} vorgeschlagen, zwei Nationalregisternummern als Ihre zu behandeln.',
    mergeConfirmed:
      '{institution}: Ein zweiter Beamter hat am {date} bestätigt, dass zwei Nationalregisternummern Ihre sind. Das gilt ab dem {effective}.',
    mergeEffective: 'Seit dem {effective} gelten zwei Nationalregisternummern als Ihre.',
    mergeContested:
      '{institution}: Ein Beamter hat am {date} Einspruch dagegen erhoben, zwei Nationalregisternummern als Ihre zu behandeln.',
    mergeContestedByPerson:
      'Eine der betroffenen Personen hat am {date} Einspruch dagegen erhoben, zwei Nationalregisternummern als Ihre zu behandeln.',
    mergeLapsed:
      'Der Vorschlag, zwei Nationalregisternummern als Ihre zu behandeln, ist am {date} ohne Wirkung verfallen.',
    cancellationProposed:
      '{institution}: Ein Beamter hat am {date} vorgeschlagen, eine Ihrer Nationalregisternummern zu streichen.',
    cancellationConfirmed:
      '{institution}: Ein zweiter Beamter hat am {date} bestätigt, dass eine Ihrer Nationalregisternummern gestrichen wird.',
    cancellationEffective: 'Eine Ihrer Nationalregisternummern wurde am {date} gestrichen.',
    cancellationContested:
      '{institution}: Ein Beamter hat am {date} Einspruch gegen die Streichung einer Ihrer Nationalregisternummern erhoben.',
    cancellationContestedByPerson:
      'Die betroffene Person hat am {date} Einspruch gegen die Streichung einer Nationalregisternummer erhoben.',
    cancellationLapsed:
      'Der Vorschlag, eine Ihrer Nationalregisternummern zu streichen, ist am {date} ohne Wirkung verfallen.',
    erased: 'Am {date} stand hier ein Eintrag. Sein Inhalt wurde gelöscht.',
    other: 'Am {date} wurde etwas über Sie festgehalten, das diese Seite noch nicht in Worte fassen kann.',
    purposeCode: 'zu dem Zweck „{code}“',
    purposeMissing: 'zu einem Zweck, der nicht festgehalten wurde',
    reasonMissing: 'ein Grund wurde nicht festgehalten',
    contextCode: 'als „{code}“',
    contextMissing: 'ohne zu sagen, warum',
    dataMissing: 'Ihre Daten',
    dataCode: '„{code}“',
    institutionMissing: 'Eine Einrichtung, die nicht festgehalten wurde',
    service: 'der Dienst „{code}“ des Netzwerks',
  },
});
