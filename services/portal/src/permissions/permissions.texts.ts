import { texts } from '../text/texts.js';

export const permissionsTexts = texts({
  en: {
    title: 'Who may look',
    lead: 'An institution may receive data about you only if it has a file on you and the committee has allowed it. This is who that is today.',
    institution: 'Institution',
    data: 'Data',
    purpose: 'Purpose',
    rule: 'Allowed by',
    until: 'Until',
    noEnd: 'No end yet',
    deliberation: 'Deliberation {reference}',
    nobodyElse:
      'Nobody else may receive data about you through this network today. When another institution opens a file on you, that is a line in the list of who looked at your data.',
    nobody: 'No institution may receive data about you through this network today.',
    limits: 'This page does not cover what an institution already keeps in its own files, and not your mail.',
    notWhole: 'There are more deliberations than this page can show. Look in the register for all of them.',
    register: 'The register of deliberations',
    directoryAway: 'We cannot find out now which institutions have a file on you. Try again in a few minutes.',
    registerAway: 'We cannot read the register of deliberations now. Try again in a few minutes.',
  },
  nl: {
    title: 'Wie mag kijken',
    lead: 'Een instelling mag alleen gegevens over u krijgen als ze een dossier over u heeft en het comité het toegelaten heeft. Dit zijn ze vandaag.',
    institution: 'Instelling',
    data: 'Gegevens',
    purpose: 'Doel',
    rule: 'Toegelaten door',
    until: 'Tot en met',
    noEnd: 'Nog geen einde',
    deliberation: 'Beraadslaging {reference}',
    nobodyElse:
      'Niemand anders mag vandaag gegevens over u krijgen via dit netwerk. Opent een andere instelling een dossier over u, dan staat dat als regel in de lijst van wie uw gegevens bekeken heeft.',
    nobody: 'Geen enkele instelling mag vandaag gegevens over u krijgen via dit netwerk.',
    limits: 'Deze pagina gaat niet over wat een instelling al in haar eigen dossiers heeft, en niet over uw post.',
    notWhole: 'Er zijn meer beraadslagingen dan deze pagina kan tonen. In het register staan ze allemaal.',
    register: 'Het register van beraadslagingen',
    directoryAway:
      'We kunnen nu niet nagaan welke instellingen een dossier over u hebben. Probeer het over enkele minuten opnieuw.',
    registerAway: 'We kunnen het register van beraadslagingen nu niet lezen. Probeer het over enkele minuten opnieuw.',
  },
  fr: {
    title: 'Qui peut consulter',
    lead: 'Une institution ne peut recevoir des données à votre sujet que si elle a un dossier sur vous et que le comité l’a autorisé. Voici lesquelles aujourd’hui.',
    institution: 'Institution',
    data: 'Données',
    purpose: 'But',
    rule: 'Autorisé par',
    until: 'Jusqu’au',
    noEnd: 'Pas encore de fin',
    deliberation: 'Délibération {reference}',
    nobodyElse:
      'Personne d’autre ne peut recevoir aujourd’hui des données à votre sujet par ce réseau. Si une autre institution ouvre un dossier sur vous, cela devient une ligne de la liste de ceux qui ont consulté vos données.',
    nobody: 'Aucune institution ne peut recevoir aujourd’hui des données à votre sujet par ce réseau.',
    limits: 'Cette page ne concerne ni ce qu’une institution garde déjà dans ses propres dossiers, ni votre courrier.',
    notWhole: 'Il y a plus de délibérations que cette page ne peut en montrer. Le registre les contient toutes.',
    register: 'Le registre des délibérations',
    directoryAway:
      'Nous ne pouvons pas savoir pour le moment quelles institutions ont un dossier sur vous. Réessayez dans quelques minutes.',
    registerAway:
      'Nous ne pouvons pas lire le registre des délibérations pour le moment. Réessayez dans quelques minutes.',
  },
  de: {
    title: 'Wer darf Daten ansehen',
    lead: 'Eine Einrichtung darf nur dann Daten über Sie erhalten, wenn sie eine Akte über Sie führt und der Ausschuss es erlaubt hat. Das sind sie heute.',
    institution: 'Einrichtung',
    data: 'Daten',
    purpose: 'Zweck',
    rule: 'Erlaubt durch',
    until: 'Bis zum',
    noEnd: 'Noch kein Ende',
    deliberation: 'Beratung {reference}',
    nobodyElse:
      'Niemand sonst darf heute über dieses Netzwerk Daten über Sie erhalten. Öffnet eine andere Einrichtung eine Akte über Sie, so wird das eine Zeile in der Liste derer, die Ihre Daten angesehen haben.',
    nobody: 'Keine Einrichtung darf heute über dieses Netzwerk Daten über Sie erhalten.',
    limits:
      'Diese Seite sagt nichts über das, was eine Einrichtung schon in ihren eigenen Akten hat, und nichts über Ihre Post.',
    notWhole: 'Es gibt mehr Beratungen, als diese Seite zeigen kann. Im Register stehen sie alle.',
    register: 'Das Register der Beratungen',
    directoryAway:
      'Wir können zurzeit nicht feststellen, welche Einrichtungen eine Akte über Sie führen. Versuchen Sie es in einigen Minuten noch einmal.',
    registerAway:
      'Wir können das Register der Beratungen zurzeit nicht lesen. Versuchen Sie es in einigen Minuten noch einmal.',
  },
});
